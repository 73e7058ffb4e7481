import type { EmailProvider } from "./channels/email/provider.ts";
import { mailgunProvider } from "./channels/email/providers/mailgun.ts";
import { postmarkProvider } from "./channels/email/providers/postmark.ts";
import { resendProvider } from "./channels/email/providers/resend.ts";
import { sendgridProvider } from "./channels/email/providers/sendgrid.ts";
import { sesProvider } from "./channels/email/providers/ses.ts";
import { inBatches } from "./email-batches.ts";
import { systemClock } from "./platform/clock.ts";
import { MAILGUN_URL, POSTMARK_URL, RESEND_URL, SENDGRID_URL } from "./platform/email-provider-setting.ts";

/** Its name is nobody else's, or a bundler would give others new names. */
const overHttp = { fetch: (...args: Parameters<typeof fetch>) => fetch(...args), now: systemClock.now };

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
  baseUrl = RESEND_URL,
}: {
  apiKey: string;
  baseUrl?: string | undefined;
}): EmailProvider {
  return resendProvider({ ...overHttp, inBatches, apiKey, baseUrl });
}

const withoutSlash = (url: string) => url.replace(/\/+$/, "");

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
  baseUrl = POSTMARK_URL,
}: {
  serverToken: string;
  messageStream?: string | undefined;
  baseUrl?: string | undefined;
}): EmailProvider {
  return postmarkProvider({ ...overHttp, serverToken, messageStream, baseUrl: withoutSlash(baseUrl) });
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
  baseUrl = SENDGRID_URL,
}: {
  apiKey: string;
  baseUrl?: string | undefined;
}): EmailProvider {
  return sendgridProvider({ ...overHttp, apiKey, baseUrl: withoutSlash(baseUrl) });
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
  baseUrl = MAILGUN_URL,
}: {
  apiKey: string;
  /** Sending domain. */
  domain: string;
  baseUrl?: string | undefined;
}): EmailProvider {
  return mailgunProvider({ ...overHttp, apiKey, domain, baseUrl: withoutSlash(baseUrl) });
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
  return sesProvider({
    ...overHttp,
    ...credentials,
    region,
    configurationSet,
    baseUrl: withoutSlash(baseUrl),
  });
}
