import { ConfigError } from "../platform/errors.ts";
import { inboxLimits as limits } from "./limits.ts";
import { Refusal } from "./refusal.ts";

/**
 * One or several secrets `whsec_…`, as an array or in one text, separated by spaces, commas or `|`. A leading `v1,`, as
 * some senders show it, is removed. Empty entries do not count.
 */
export type Secrets = string | undefined | readonly (string | undefined)[];

const SECRET_PREFIX = "whsec_";
const HMAC = { name: "HMAC", hash: "SHA-256" };

/**
 * The keys that verify, one for each of the secrets.
 * @throws {ConfigError} when there is none, or one is invalid. Names its position, never its value.
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
  const bytes = fromBase64(key.replaceAll("-", "+").replaceAll("_", "/"));
  if (bytes && bytes.length >= limits.secretBytes) {
    return crypto.subtle.importKey("raw", bytes, HMAC, false, ["sign"]);
  }
  throw new ConfigError(
    `The inbox's option "secrets" returned an invalid secret (number ${index + 1}): it must be ${SECRET_PREFIX} and the base 64 of at ` +
      `least ${limits.secretBytes} bytes. Copy it as the sender shows it.`,
  );
}

/** Undefined for an invalid secret, because a decoder's message could quote it. */
function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/** Headers that authenticate a webhook. Each is signed, or is the signature. */
interface WebhookHeaders {
  id: string;
  /** Seconds since the epoch, in digits. */
  timestamp: string;
  /** Signatures of the supported version, as bytes. At least one. */
  signatures: Uint8Array[];
}

const PARTS = ["id", "timestamp", "signature"] as const;
/** Header prefixes of Standard Webhooks, and of the scheme's older name. */
const PREFIXES = ["webhook", "svix"] as const;

/**
 * Printable ASCII without a full stop. The signed text is `id.timestamp.body`: if ids could contain a full stop, one
 * signature would stand for several ids (https://www.standardwebhooks.com/, "Signature scheme").
 */
const ID = /^[\x21-\x2d\x2f-\x7e]+$/;
/** In seconds, in the only spelling of the number, because the number is signed. */
const TIMESTAMP = /^[1-9]\d{0,10}$/;
/**
 * A version, and an HMAC-SHA256 in base 64. Other versions are ignored. The two unused bits of the last character must
 * be zero, or four texts would stand for one signature.
 */
const SIGNATURE = /^v1,([A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=)$/;
const TOLERANCE_SECONDS = 5 * 60;

/**
 * Reads the headers of a webhook's signature, before its body, which a stranger could make long.
 * @throws {Refusal} `invalid_headers`, and `not_authentic` for a timestamp that is more than 5 minutes off, and without
 * a well-formed signature
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

/** All three headers of one prefix. */
function findHeaders(headers: Headers): [id: string, timestamp: string, signature: string] {
  const sets = PREFIXES.map((prefix) => PARTS.map((part) => headers.get(`${prefix}-${part}`) ?? ""));
  const whole = sets.find((set) => set.every((value) => value !== ""));
  if (whole) return whole as [string, string, string];
  const names = PARTS.filter((part) => !headers.get(`webhook-${part}`)).map((part) => `webhook-${part}`);
  throw new Refusal("invalid_headers", `This address takes Standard Webhooks. Missing: ${names.join(", ")}.`);
}

const NO_MATCH = "No matching signature found";

/**
 * Compares in constant time. Each secret costs one HMAC, for any number of signatures.
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
