import type { EmailProvider } from "./channels/email/provider.ts";
import { mailgunProvider } from "./channels/email/providers/mailgun.ts";
import { postmarkProvider } from "./channels/email/providers/postmark.ts";
import { resendProvider } from "./channels/email/providers/resend.ts";
import { sendgridProvider } from "./channels/email/providers/sendgrid.ts";
import { sesProvider } from "./channels/email/providers/ses.ts";
import { systemClock } from "./platform/clock.ts";
import { DEFAULT_URLS, type NamedProviders } from "./platform/email-provider-setting.ts";

const tools = { fetch: (...args: Parameters<typeof fetch>) => fetch(...args), now: systemClock.now };

/**
 * The e-mail provider Resend (https://resend.com), for the option `email` of `createOutbox`. It drops repetitions by the
 * message's id for 24 hours.
 *
 * @example
 * createOutbox<OutboxEnv & { RESEND_API_KEY: string }>({
 *   email: (env) => resend({ apiKey: env.RESEND_API_KEY }),
 * });
 */
export function resend({
  apiKey,
  baseUrl = DEFAULT_URLS.resend,
}: {
  apiKey: string;
  baseUrl?: string;
}): EmailProvider {
  return resendProvider({ ...tools, apiKey, baseUrl });
}

/**
 * The e-mail provider Postmark (https://postmarkapp.com), for the option `email` of `createOutbox`. It has no idempotency keys: an
 * e-mail whose answer is lost is `uncertain`, and may be sent twice. `messageStream` defaults to the server's for transactional
 * e-mails; `metadata` of its webhooks has the message's id as `outbox-message`, and its tenant's as `outbox-tenant`.
 *
 * @example
 * createOutbox<OutboxEnv & { POSTMARK_SERVER_TOKEN: string }>({
 *   email: (env) => postmark({ serverToken: env.POSTMARK_SERVER_TOKEN }),
 * });
 */
export function postmark({
  serverToken,
  messageStream,
  baseUrl = DEFAULT_URLS.postmark,
}: {
  serverToken: string;
  messageStream?: string | undefined;
  baseUrl?: string;
}): EmailProvider {
  return postmarkProvider({ ...tools, serverToken, messageStream, baseUrl });
}

/**
 * The e-mail provider SendGrid (https://sendgrid.com), for the option `email` of `createOutbox`. It has no idempotency keys: an
 * e-mail whose answer is lost is `uncertain`, and may be sent twice. Its events have the message's id as `outbox-message`, and its
 * tenant's as `outbox-tenant`. `baseUrl` of an account in the EU is `https://api.eu.sendgrid.com`.
 *
 * @example
 * createOutbox<OutboxEnv & { SENDGRID_API_KEY: string }>({
 *   email: (env) => sendgrid({ apiKey: env.SENDGRID_API_KEY }),
 * });
 */
export function sendgrid({
  apiKey,
  baseUrl = DEFAULT_URLS.sendgrid,
}: {
  apiKey: string;
  baseUrl?: string;
}): EmailProvider {
  return sendgridProvider({ ...tools, apiKey, baseUrl });
}

/**
 * The e-mail provider Mailgun (https://mailgun.com), for the option `email` of `createOutbox`. It has no idempotency keys: an e-mail
 * whose answer is lost is `uncertain`, and may be sent twice. `user-variables` of its webhooks have the message's id as
 * `outbox-message`, and its tenant's as `outbox-tenant`. `baseUrl` of a domain in the EU is `https://api.eu.mailgun.net`.
 *
 * @example
 * createOutbox<OutboxEnv & { MAILGUN_API_KEY: string }>({
 *   email: (env) => mailgun({ apiKey: env.MAILGUN_API_KEY, domain: "mg.example.com" }),
 * });
 */
export function mailgun({
  apiKey,
  domain,
  baseUrl = DEFAULT_URLS.mailgun,
}: {
  apiKey: string;
  /** Sending domain. */
  domain: string;
  baseUrl?: string;
}): EmailProvider {
  return mailgunProvider({ ...tools, apiKey, domain, baseUrl });
}

/**
 * Amazon SES (https://aws.amazon.com/ses/), for the option `email` of `createOutbox`, by a key that may `ses:SendEmail`. It has no
 * idempotency keys: an e-mail whose answer is lost is `uncertain`, and may be sent twice. `configurationSet` defaults to that of the
 * sender's identity; its events have the message's id as the tag `outbox-message`, and its tenant's as `outbox-tenant`.
 *
 * @example
 * createOutbox<OutboxEnv & { SES_ACCESS_KEY_ID: string; SES_SECRET_ACCESS_KEY: string }>({
 *   email: ({ SES_ACCESS_KEY_ID: accessKeyId, SES_SECRET_ACCESS_KEY: secretAccessKey }) =>
 *     ses({ accessKeyId, secretAccessKey, region: "eu-west-1" }),
 * });
 */
export function ses({
  accessKeyId,
  secretAccessKey,
  sessionToken,
  region,
  configurationSet,
  baseUrl = `https://email.${region}.amazonaws.com`,
}: {
  accessKeyId: string;
  secretAccessKey: string;
  /** Needed with temporary credentials. */
  sessionToken?: string | undefined;
  /** Region of the account, as `eu-west-1`. */
  region: string;
  configurationSet?: string | undefined;
  baseUrl?: string | undefined;
}): EmailProvider {
  const credentials = { accessKeyId, secretAccessKey, sessionToken };
  return sesProvider({ ...tools, ...credentials, region, configurationSet, baseUrl });
}

/**
 * Providers that `EMAIL_PROVIDER` may name beside `binding` and `resend`, each with settings of its own: `postmark`, `sendgrid`,
 * `mailgun` and `ses`. For the option `emailProviders` of `createOutbox`, for apps that choose by a setting and not in code.
 *
 * @example
 * createOutbox({ emailProviders });
 */
export const emailProviders: NamedProviders<EmailProvider> = {
  postmark: {
    needs: ["POSTMARK_SERVER_TOKEN"],
    takes: ["POSTMARK_MESSAGE_STREAM", "POSTMARK_BASE_URL"],
    create: ({ POSTMARK_SERVER_TOKEN: serverToken = "", ...rest }) =>
      postmark({
        serverToken,
        messageStream: rest.POSTMARK_MESSAGE_STREAM,
        ...urlIn(rest.POSTMARK_BASE_URL),
      }),
  },
  sendgrid: {
    needs: ["SENDGRID_API_KEY"],
    takes: ["SENDGRID_BASE_URL"],
    create: ({ SENDGRID_API_KEY: apiKey = "", SENDGRID_BASE_URL }) =>
      sendgrid({ apiKey, ...urlIn(SENDGRID_BASE_URL) }),
  },
  mailgun: {
    needs: ["MAILGUN_API_KEY", "MAILGUN_DOMAIN"],
    takes: ["MAILGUN_BASE_URL"],
    create: ({ MAILGUN_API_KEY: apiKey = "", MAILGUN_DOMAIN: domain = "", MAILGUN_BASE_URL }) =>
      mailgun({ apiKey, domain, ...urlIn(MAILGUN_BASE_URL) }),
  },
  ses: {
    needs: ["SES_ACCESS_KEY_ID", "SES_SECRET_ACCESS_KEY", "SES_REGION"],
    takes: ["SES_CONFIGURATION_SET", "SES_BASE_URL"],
    create: ({ SES_ACCESS_KEY_ID = "", SES_SECRET_ACCESS_KEY = "", SES_REGION = "", ...rest }) =>
      ses({
        accessKeyId: SES_ACCESS_KEY_ID,
        secretAccessKey: SES_SECRET_ACCESS_KEY,
        region: SES_REGION,
        configurationSet: rest.SES_CONFIGURATION_SET,
        ...urlIn(rest.SES_BASE_URL),
      }),
  },
};

const urlIn = (baseUrl: string | undefined) => (baseUrl === undefined ? {} : { baseUrl });
