import { ConfigError } from "./errors.ts";
import { oneOf, text } from "./read-setting.ts";

const PROVIDERS = ["binding"] as const;
type MoreProvider = "resend" | "postmark" | "sendgrid" | "mailgun" | "ses";
/** Name of a provider of e-mails. */
export type EmailProviderName = (typeof PROVIDERS)[number] | MoreProvider;

/** Settings of the providers that an outbox has only where it is given them. */
export interface ProviderSettings {
  RESEND_API_KEY?: string;
  RESEND_BASE_URL?: string;
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

/** Default addresses of providers; the address of SES has its region. */
export const RESEND_URL = "https://api.resend.com";
export const POSTMARK_URL = "https://api.postmarkapp.com";
export const SENDGRID_URL = "https://api.sendgrid.com";
export const MAILGUN_URL = "https://api.mailgun.net";

/** Providers that `EMAIL_PROVIDER` may name beside those of every outbox, which they leave small. */
export interface EmailProviders<Provider = unknown> {
  readonly names: readonly MoreProvider[];
  /**
   * Checks the settings of a provider.
   * @throws {ConfigError} naming the setting that is wrong or missing
   */
  check(name: MoreProvider, settings: Record<string, unknown>): void;
  /** Makes a provider of its settings. */
  create(name: MoreProvider, env: object): Provider;
}

interface Choice {
  /** False: nothing is sent by it, so that it needs no settings. */
  isSent: boolean;
  /** Undefined: no others than every outbox has. */
  more: EmailProviders | undefined;
}

/**
 * Reads the setting `EMAIL_PROVIDER`, and checks those of the provider that it names.
 * @throws {ConfigError} naming the setting that is wrong or missing
 */
export function readEmailProvider(
  settings: Record<string, unknown>,
  { isSent, more }: Choice,
): EmailProviderName {
  const names = [...PROVIDERS, ...(more?.names ?? [])];
  if (text(settings, "EMAIL_PROVIDER")?.toLowerCase() === "mailbox") {
    throw new ConfigError(
      "EMAIL_PROVIDER is mailbox, which is no provider. Remove EMAIL_PROVIDER, or name the provider that production sends by: " +
        "with ENVIRONMENT=development e-mails go to the mailbox, whatever it is.",
    );
  }
  const given = text(settings, "EMAIL_PROVIDER");
  if (!more && given !== undefined && given.toLowerCase() !== "binding") {
    throw new ConfigError(
      `EMAIL_PROVIDER is "${given}", but this Worker has only binding. Give createOutbox the option emailProviders, or email.`,
    );
  }
  const provider = oneOf(settings, "EMAIL_PROVIDER", names, "binding");
  if (!isSent) return provider;
  if (isNamed(provider)) more?.check(provider, settings);
  return provider;
}

/** True for a provider that not every outbox has. */
export function isNamed(provider: EmailProviderName): provider is MoreProvider {
  return !(PROVIDERS as readonly string[]).includes(provider);
}

/** @throws {ConfigError} */
export function refuseMissing(settings: Record<string, unknown>, name: string, provider: string): void {
  if (text(settings, name) !== undefined) return;
  throw new ConfigError(
    `${name} is missing, and EMAIL_PROVIDER is ${provider}. Set ${name} with \`wrangler secret put\`.`,
  );
}
