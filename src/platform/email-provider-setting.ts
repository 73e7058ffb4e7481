import { ConfigError } from "./errors.ts";
import { oneOf, text } from "./read-setting.ts";

const PROVIDERS = ["binding", "resend", "mailbox"] as const;
type MoreProvider = "postmark" | "sendgrid" | "mailgun" | "ses";
/** Name of a provider of e-mails. `mailbox` keeps them for a page, and never stands in production. */
export type EmailProviderName = (typeof PROVIDERS)[number] | MoreProvider;

/** Settings of the providers that an outbox has only where it is given them. */
export interface ProviderSettings {
  POSTMARK_SERVER_TOKEN?: string;
  POSTMARK_MESSAGE_STREAM?: string;
  POSTMARK_BASE_URL?: string;
  SENDGRID_API_KEY?: string;
  SENDGRID_BASE_URL?: string;
  MAILGUN_API_KEY?: string;
  MAILGUN_DOMAIN?: string;
  MAILGUN_BASE_URL?: string;
  SES_ACCESS_KEY_ID?: string;
  SES_SECRET_ACCESS_KEY?: string;
  SES_REGION?: string;
  SES_CONFIGURATION_SET?: string;
  SES_BASE_URL?: string;
}

/** Default addresses of providers. That of SES has its region. */
export const DEFAULT_URLS = {
  resend: "https://api.resend.com",
  postmark: "https://api.postmarkapp.com",
  sendgrid: "https://api.sendgrid.com",
  mailgun: "https://api.mailgun.net",
};

/** Provider that `EMAIL_PROVIDER` may name. */
export interface NamedProvider<Provider = unknown> {
  /** Settings without which it does not start. */
  needs: readonly (keyof ProviderSettings)[];
  /** Settings that it has defaults for. */
  takes: readonly (keyof ProviderSettings)[];
  /** Makes it of its settings, which are text. */
  create(settings: ProviderSettings): Provider;
}

/** Providers that `EMAIL_PROVIDER` may name, by their names there. */
export type NamedProviders<Provider = unknown> = Readonly<Record<MoreProvider, NamedProvider<Provider>>>;

interface Choice {
  isProduction: boolean;
  /** True: the app brings its own provider, so that none needs its settings. */
  ownEmail: boolean;
  /** Undefined: no others than every outbox has. */
  more: NamedProviders | undefined;
}

/**
 * Reads the setting `EMAIL_PROVIDER`, and checks those of the provider that it names.
 * @throws {ConfigError} naming the setting that is wrong or missing
 */
export function readEmailProvider(
  settings: Record<string, unknown>,
  { isProduction, ownEmail, more }: Choice,
): EmailProviderName {
  const names = [...PROVIDERS, ...(more ? (Object.keys(more) as MoreProvider[]) : [])];
  const provider = oneOf(settings, "EMAIL_PROVIDER", names, "binding");
  if (provider === "mailbox" && isProduction) {
    throw new ConfigError(
      "EMAIL_PROVIDER is mailbox, but ENVIRONMENT is production, its default: e-mails would be kept for a page, and not sent. " +
        "Set EMAIL_PROVIDER to binding or resend, or on your own machine set ENVIRONMENT to development.",
    );
  }
  if (ownEmail) return provider;
  const { needs, takes } = settingsOf(provider, more);
  const missing = needs.find((name) => text(settings, name) === undefined);
  if (missing !== undefined) {
    throw new ConfigError(
      `${missing} is missing, and EMAIL_PROVIDER is ${provider}. Set ${missing} with \`wrangler secret put\`.`,
    );
  }
  for (const name of takes) if (name.endsWith("_URL")) readUrl(settings, name, DEFAULT_URLS.resend);
  return provider;
}

const NONE: readonly string[] = [];

/** Names of the settings that a provider alone has. */
export function settingsOf(
  provider: EmailProviderName,
  more: NamedProviders | undefined,
): { needs: readonly string[]; takes: readonly string[] } {
  if (provider === "resend") return { needs: ["RESEND_API_KEY"], takes: NONE };
  return more?.[provider as MoreProvider] ?? { needs: NONE, takes: NONE };
}

/**
 * Reads an address, without the slashes at its end.
 * @throws {ConfigError}
 */
export function readUrl(settings: Record<string, unknown>, name: string, otherwise: string): string {
  const given = text(settings, name) ?? otherwise;
  if (!URL.canParse(given))
    throw new ConfigError(`${name} is "${given}", but must be a URL, as "${otherwise}".`);
  return given.replace(/\/+$/, "");
}

/** Settings of a provider, as text. */
export function valuesOf(env: object, { needs, takes }: NamedProvider): ProviderSettings {
  const settings = env as Record<string, unknown>;
  const given = [...needs, ...takes].flatMap((name) => {
    const value = text(settings, name);
    return value === undefined ? [] : [[name, value]];
  });
  return Object.fromEntries(given);
}
