import type { EmailProvider } from "./channels/email/provider.ts";
import { mailgun, postmark, resend, sendgrid, ses } from "./email-providers.ts";
import {
  type EmailProviders,
  MAILGUN_URL,
  POSTMARK_URL,
  type ProviderSettings,
  RESEND_URL,
  refuseMissing,
  SENDGRID_URL,
} from "./platform/email-provider-setting.ts";
import { readUrl, refuseNearMisses, text } from "./platform/read-setting.ts";

type Name = EmailProviders<EmailProvider>["names"][number];

/** A provider and its settings. */
interface Row {
  /** Settings without which it does not start. */
  needs: readonly (keyof ProviderSettings)[];
  /** Settings that may be left out, beside its address. */
  takes: readonly (keyof ProviderSettings)[];
  url: { setting: keyof ProviderSettings; example: string };
  create(settings: ProviderSettings): EmailProvider;
}

const ROWS: Readonly<Record<Name, Row>> = {
  resend: {
    needs: ["RESEND_API_KEY"],
    takes: [],
    url: { setting: "RESEND_BASE_URL", example: RESEND_URL },
    create: ({ RESEND_API_KEY: apiKey = "", RESEND_BASE_URL: baseUrl }) => resend({ apiKey, baseUrl }),
  },
  postmark: {
    needs: ["POSTMARK_SERVER_TOKEN"],
    takes: ["POSTMARK_MESSAGE_STREAM"],
    url: { setting: "POSTMARK_BASE_URL", example: POSTMARK_URL },
    create: ({ POSTMARK_SERVER_TOKEN: serverToken = "", POSTMARK_MESSAGE_STREAM: messageStream, ...rest }) =>
      postmark({ serverToken, messageStream, baseUrl: rest.POSTMARK_BASE_URL }),
  },
  sendgrid: {
    needs: ["SENDGRID_API_KEY"],
    takes: [],
    url: { setting: "SENDGRID_BASE_URL", example: SENDGRID_URL },
    create: ({ SENDGRID_API_KEY: apiKey = "", SENDGRID_BASE_URL: baseUrl }) => sendgrid({ apiKey, baseUrl }),
  },
  mailgun: {
    needs: ["MAILGUN_API_KEY", "MAILGUN_DOMAIN"],
    takes: [],
    url: { setting: "MAILGUN_BASE_URL", example: MAILGUN_URL },
    create: ({ MAILGUN_API_KEY: apiKey = "", MAILGUN_DOMAIN: domain = "", MAILGUN_BASE_URL: baseUrl }) =>
      mailgun({ apiKey, domain, baseUrl }),
  },
  ses: {
    needs: ["SES_ACCESS_KEY_ID", "SES_SECRET_ACCESS_KEY", "SES_REGION"],
    takes: ["SES_CONFIGURATION_SET"],
    url: { setting: "SES_BASE_URL", example: "https://email.eu-west-1.amazonaws.com" },
    create: ({ SES_ACCESS_KEY_ID = "", SES_SECRET_ACCESS_KEY = "", SES_REGION = "", ...rest }) =>
      ses({
        accessKeyId: SES_ACCESS_KEY_ID,
        secretAccessKey: SES_SECRET_ACCESS_KEY,
        region: SES_REGION,
        configurationSet: rest.SES_CONFIGURATION_SET,
        baseUrl: rest.SES_BASE_URL,
      }),
  },
};

const namesOf = ({ needs, takes, url }: Row) => [...needs, ...takes, url.setting];

/**
 * Providers that `EMAIL_PROVIDER` may name beside `binding`, each with settings of its own: `resend`, `postmark`, `sendgrid`,
 * `mailgun` and `ses`. For the option `emailProviders` of `createOutbox`, for apps that choose by a setting and not in code.
 *
 * @example
 * createOutbox({ emailProviders });
 */
export const emailProviders: EmailProviders<EmailProvider> = {
  names: ["resend", "postmark", "sendgrid", "mailgun", "ses"],

  check(name, settings) {
    const row = ROWS[name];
    refuseNearMisses(settings, namesOf(row));
    for (const setting of row.needs) refuseMissing(settings, setting, name);
    readUrl(settings, row.url.setting, row.url.example);
  },

  create(name, env) {
    const settings = env as Record<string, unknown>;
    const given = namesOf(ROWS[name]).map((setting) => [setting, text(settings, setting)]);
    return ROWS[name].create(Object.fromEntries(given));
  },
};
