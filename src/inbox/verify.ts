import { fromBase64 } from "../platform/base64.ts";
import { ConfigError } from "../platform/errors.ts";
import { inboxLimits as limits } from "./limits.ts";
import { Refusal } from "./refusal.ts";

/**
 * One or several secrets `whsec_…`, in an array or in one text, separated by spaces, commas or `|`. A prefix `v1,`, which some
 * senders add, is removed. Empty secrets are ignored.
 */
export type Secrets = string | undefined | readonly (string | undefined)[];

const SECRET_PREFIX = "whsec_";
const HMAC = { name: "HMAC", hash: "SHA-256" };

/**
 * Makes a key of each secret.
 * @throws {ConfigError} if there is no secret, or one is invalid. The error names its number, never its text.
 */
export async function keysOf(secrets: Secrets): Promise<CryptoKey[]> {
  const texts = [secrets]
    .flat()
    .flatMap((text) => (text ?? "").replace(/(^|[\s,|])v1,/g, "$1").split(/[\s,|]+/))
    .filter((text) => text !== "");
  if (texts.length === 0) {
    throw new ConfigError(
      'The inbox has no secret: its option "secrets" returned none. Set it with `wrangler secret put`.',
    );
  }
  return Promise.all(texts.map(keyOf));
}

async function keyOf(secret: string, index: number): Promise<CryptoKey> {
  const key = secret.startsWith(SECRET_PREFIX) ? secret.slice(SECRET_PREFIX.length) : secret;
  const bytes = fromBase64(key);
  if (bytes && bytes.length >= limits.secretBytes) {
    return crypto.subtle.importKey("raw", bytes, HMAC, false, ["sign"]);
  }
  throw new ConfigError(
    `The inbox's option "secrets" returned an invalid secret (number ${index + 1}): it must be ${SECRET_PREFIX} and the base 64 of at ` +
      `least ${limits.secretBytes} bytes. Copy it as the sender shows it.`,
  );
}

/** Headers that prove the sender and the instant of a webhook: two signed values, and their signatures. */
interface WebhookHeaders {
  id: string;
  /** Seconds since the epoch, in digits. */
  timestamp: string;
  /** Signatures of a form that this inbox verifies, as bytes. At least one. */
  signatures: Uint8Array[];
}

const PARTS = ["id", "timestamp", "signature"] as const;
/** Prefixes of Standard Webhooks, and of its older name. */
const PREFIXES = ["webhook", "svix"] as const;

/**
 * Printable ASCII without a full stop. The signed text is `id.timestamp.body`: if an id could contain a full stop, one
 * signature would fit several ids (https://www.standardwebhooks.com/, "Signature scheme").
 */
const ID = /^[\x21-\x2d\x2f-\x7e]+$/;
/** Seconds in their only spelling: the signed text has the number as it is parsed. */
const TIMESTAMP = /^[1-9]\d{0,10}$/;
/**
 * A version, and an HMAC-SHA256 in base 64. Other versions are ignored. The last character has two unused bits, which must
 * be zero: otherwise four texts would spell one signature.
 */
const SIGNATURE = /^v1,([A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=)$/;
const TOLERANCE_SECONDS = 5 * 60;

/**
 * Reads the headers that verify a webhook, before its body, which a stranger could make long.
 * @throws {Refusal} `invalid_headers`; `not_authentic` if the timestamp is more than 5 minutes off, or if no signature has
 * the right form
 */
export function readHeaders(headers: Headers, now: number): WebhookHeaders {
  const [id, timestamp, signature] = findHeaders(headers);
  if (!ID.test(id) || id.length > limits.webhookIdLength) {
    throw new Refusal(
      "invalid_headers",
      `webhook-id must be at most ${limits.webhookIdLength} printable ASCII characters, without spaces and full stops.`,
    );
  }
  if (!TIMESTAMP.test(timestamp)) {
    throw new Refusal("invalid_headers", "webhook-timestamp must be seconds since the epoch, in digits.");
  }
  const ageSeconds = Math.floor(now / 1000) - Number(timestamp);
  if (ageSeconds > TOLERANCE_SECONDS) throw notAuthentic("Message timestamp too old");
  if (ageSeconds < -TOLERANCE_SECONDS) throw notAuthentic("Message timestamp too new");
  const signatures = signature
    .split(/\s+/)
    .flatMap((text) => fromBase64(SIGNATURE.exec(text)?.[1] ?? "") ?? []);
  const ours = signatures.filter(({ length }) => length > 0);
  if (ours.length === 0) throw notAuthentic(NO_MATCH);
  return { id, timestamp, signatures: ours };
}

/** Finds the three headers of one prefix. */
function findHeaders(headers: Headers): [id: string, timestamp: string, signature: string] {
  const sets = PREFIXES.map((prefix) => PARTS.map((part) => headers.get(`${prefix}-${part}`) ?? ""));
  const whole = sets.find((set) => set.every((value) => value !== ""));
  if (whole) return whole as [string, string, string];
  const names = PARTS.filter((part) => !headers.get(`webhook-${part}`)).map((part) => `webhook-${part}`);
  throw new Refusal("invalid_headers", `This address takes Standard Webhooks. Missing: ${names.join(", ")}.`);
}

const NO_MATCH = "No matching signature found";

/**
 * Verifies a body by its signatures, compared in constant time. Each secret costs one HMAC, however many signatures there are.
 * @throws {Refusal} `not_authentic`
 */
export async function verify(
  keys: readonly CryptoKey[],
  headers: WebhookHeaders,
  body: string,
): Promise<void> {
  const signed = new TextEncoder().encode(`${headers.id}.${headers.timestamp}.${body}`);
  for (const key of keys) {
    const expected = new Uint8Array(await crypto.subtle.sign(HMAC, key, signed));
    const isOurs = (given: Uint8Array) =>
      given.length === expected.length && crypto.subtle.timingSafeEqual(given, expected);
    if (headers.signatures.some(isOurs)) return;
  }
  throw notAuthentic(NO_MATCH);
}

function notAuthentic(reason: string): Refusal {
  return new Refusal("not_authentic", `The webhook is not authentic: ${reason}.`);
}
