import { Webhook, WebhookVerificationError } from "standardwebhooks";
import { ConfigError } from "../platform/errors.ts";
import { inboxLimits as limits } from "./limits.ts";
import { Refusal } from "./refusal.ts";

/** `whsec_…`: one, or several, as an array or in one text, separated by spaces or commas. What is empty does not count. */
export type Secrets = string | undefined | readonly (string | undefined)[];

const SECRET_PREFIX = "whsec_";

/**
 * What verifies by each of the secrets.
 * @throws {ConfigError} there is none, or one is none. It says which, and never what it is.
 */
export function verifiersOf(secrets: Secrets): Webhook[] {
  const texts = [secrets]
    .flat()
    .flatMap((text) => (text ?? "").split(/[\s,]+/))
    .filter((text) => text !== "");
  if (texts.length === 0) {
    throw new ConfigError(
      'The inbox has no secret: its option "secrets" answered none. Set it with `wrangler secret put`.',
    );
  }
  return texts.map(verifierOf);
}

function verifierOf(secret: string, index: number): Webhook {
  try {
    const key = secret.startsWith(SECRET_PREFIX) ? secret.slice(SECRET_PREFIX.length) : secret;
    if (atob(key).length >= limits.secretBytes) return new Webhook(secret);
  } catch {
    // What a decoder says could quote the secret.
  }
  throw new ConfigError(
    `The inbox's option "secrets" answered one (number ${index + 1}) that is not ${SECRET_PREFIX} and the base 64 of at ` +
      `least ${limits.secretBytes} bytes. Set it as the sender shows it.`,
  );
}

/** The headers that Standard Webhooks asks for. All three are signed, or are the signature. */
export interface WebhookHeaders {
  "webhook-id": string;
  "webhook-timestamp": string;
  "webhook-signature": string;
}

const NAMES = ["webhook-id", "webhook-timestamp", "webhook-signature"] as const;

/**
 * Printable ASCII without a full stop. What is signed is `id.timestamp.body`: could an id hold a full stop, one and the
 * same signature would stand for several ids (https://www.standardwebhooks.com/, "Signature scheme").
 */
const ID = /^[\x21-\x2d\x2f-\x7e]+$/;
/** In seconds, as the only way to write the number: what is signed is the number. */
const TIMESTAMP = /^[1-9]\d{0,10}$/;

/** @throws {Refusal} `invalid_headers` */
export function readHeaders(headers: Headers): WebhookHeaders {
  const [id, timestamp, signature] = NAMES.map((name) => headers.get(name) ?? "") as [string, string, string];
  const missing = NAMES.filter((name) => !headers.get(name));
  if (missing.length > 0) {
    throw new Refusal(
      "invalid_headers",
      `This address takes Standard Webhooks: ${missing.join(", ")} missing.`,
    );
  }
  if (!ID.test(id) || id.length > limits.webhookIdLength) {
    throw new Refusal(
      "invalid_headers",
      `webhook-id must be at most ${limits.webhookIdLength} printable ASCII characters, none of them a space or a full stop.`,
    );
  }
  if (!TIMESTAMP.test(timestamp)) {
    throw new Refusal("invalid_headers", "webhook-timestamp must be seconds since the epoch, in digits.");
  }
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signature };
}

/**
 * The official library compares in constant time, and allows the timestamp to be 5 minutes off, either way.
 * @throws {Refusal} `not_authentic`
 */
export function verify(verifiers: readonly Webhook[], headers: WebhookHeaders, body: string): void {
  let reason = "";
  for (const verifier of verifiers) {
    try {
      verifier.verify(body, { ...headers }, { jsonParse: false });
      return;
    } catch (error) {
      if (!(error instanceof WebhookVerificationError)) throw error;
      reason = error.message;
    }
  }
  throw new Refusal("not_authentic", `The webhook is not authentic: ${reason}.`);
}
