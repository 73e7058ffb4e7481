import { fromBase64 } from "../platform/base64.ts";
import type { Settings } from "../platform/config.ts";
import { ConfigError } from "../platform/errors.ts";
import { text } from "../platform/read-setting.ts";
import type { EventProvider } from "./provider-event.ts";

/** Setting of each provider by which its requests are verified. */
export const SECRET_SETTINGS = {
  resend: "RESEND_WEBHOOK_SECRET",
  postmark: "POSTMARK_WEBHOOK_SECRET",
  sendgrid: "SENDGRID_WEBHOOK_KEY",
  mailgun: "MAILGUN_WEBHOOK_KEY",
  ses: "SES_TOPIC_ARNS",
} as const satisfies Record<EventProvider, keyof Settings>;

const LEAST_BYTES = 16;

/** Form of a secret of each provider, and the words for it in a refusal. */
const FORMS: Record<EventProvider, { isOne: (secret: string) => boolean; words: string }> = {
  resend: {
    isOne: (secret) =>
      secret.startsWith("whsec_") && (fromBase64(secret.slice(6))?.length ?? 0) >= LEAST_BYTES,
    words: '"whsec_" and base 64: copy it from the page of the webhook at Resend',
  },
  postmark: {
    isOne: (secret) => /^[^:\s]+:\S{16,}$/.test(secret),
    words:
      "a name, a colon and a password of at least 16 characters, as in the URL of the webhook at Postmark",
  },
  sendgrid: {
    isOne: (secret) => fromBase64(secret)?.length === 91,
    words: "a public key in base 64: copy it from the page of the event webhook at SendGrid",
  },
  mailgun: {
    isOne: (secret) => secret.length >= LEAST_BYTES,
    words: "the HTTP webhook signing key, as Mailgun shows it",
  },
  ses: {
    isOne: (secret) => /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]+(?:\.fifo)?$/.test(secret),
    words: 'the ARN of a topic of SNS, as "arn:aws:sns:eu-west-1:123456789012:emails"',
  },
};

/**
 * Secrets of a provider, of which several may be valid at a time. None: its requests are not taken.
 * @throws {ConfigError} naming the setting, never its value
 */
export function secretsOf(env: object, provider: EventProvider): string[] {
  const name = SECRET_SETTINGS[provider];
  const secrets = (text(env as Record<string, unknown>, name) ?? "")
    .split(/[\s,]+/)
    .filter((one) => one !== "");
  const { isOne, words } = FORMS[provider];
  const wrong = secrets.findIndex((secret) => !isOne(secret));
  if (wrong < 0) return secrets;
  const which = secrets.length > 1 ? `Entry ${wrong + 1} of ${name}` : name;
  throw new ConfigError(`${which} must be ${words}.`);
}
