import { SECRET_PREFIX } from "../domain/endpoint-secrets.ts";
import { fromBase64, toBase64 } from "../platform/base64.ts";
import { OPERATOR_TOKEN_PREFIX, TOKEN_PREFIX } from "../platform/token-prefixes.ts";
import { readingsOf } from "./reading.ts";

/** A text that gives a secret away, in small letters. */
interface SecretForm {
  text: string;
  /** Length from which the beginning alone gives it away. */
  least: number;
}

/**
 * Length of a part that gives a secret away. Shorter secrets, and shorter words of one, count as a whole or not at
 * all.
 */
const TELLING_LENGTH = 8;

/** Words before a credential (https://www.iana.org/assignments/http-authschemes), and the name of a parameter: no secrets. */
const LABEL =
  /^(?:(?:basic|bearer|digest|dpop|token|apikey|api-key|key|secret|sso-key|geniekey)\s+)?(?:[a-z][\w-]*=\s*"?)?/i;

/** Prefixes that mark a secret, and are not secret themselves. */
const PREFIX = new RegExp(`^(?:${[SECRET_PREFIX, TOKEN_PREFIX, OPERATOR_TOKEN_PREFIX].join("|")})`);

/** The value of a parameter, as in `Signature=…`, and the password of `name:password`. */
const PARAMETER = /[=:]\s*"?([^\s",;]+)/g;

/**
 * All forms that reveal a secret: its words and parameters, as they are, encoded in base 64, decoded from it, and in
 * hexadecimal.
 */
export function formsOf(secret: string): SecretForm[] {
  const key = withoutPrefix(secret.trim());
  const parts = [key, ...partsOf(key)];
  const decoded = parts.flatMap(outOfBase64);
  const encoded = [...parts, ...decoded.flatMap(({ text }) => text ?? [])].flatMap(inBase64);
  const derived = decoded.flatMap(({ text, hex }) => [
    ...(text === undefined ? [] : [text, ...partsOf(text)]),
    hex,
  ]);
  const all = new Set([...parts, ...encoded, ...derived].filter((text) => text !== ""));
  return [...all].flatMap(formsOfText);
}

/** The secret as it stands, and decoded: texts are compared with both. */
function formsOfText(text: string): SecretForm[] {
  return readingsOf(text).map(({ text: read }) => {
    const label = LABEL.exec(read)?.[0].length ?? 0;
    return { text: read, least: Math.min(read.length, label + TELLING_LENGTH) };
  });
}

function partsOf(key: string): string[] {
  const words = key.split(/\s+/).map(withoutPrefix);
  const parameters = [...key.matchAll(PARAMETER)].map(([, value = ""]) => withoutPrefix(value));
  const password = /^[^:\s]+:(\S+)$/.exec(key)?.[1] ?? "";
  return [...[...words, ...parameters].filter((text) => text.length >= TELLING_LENGTH), password];
}

function withoutPrefix(text: string): string {
  return text.replace(PREFIX, "");
}

/**
 * The three base 64 forms of a text, by its offset in a longer one, without the characters that depend on its
 * neighbours.
 */
function inBase64(text: string): string[] {
  if (text.length < TELLING_LENGTH) return [];
  const bytes = new TextEncoder().encode(text);
  return [0, 1, 2].flatMap((offset) => {
    const padded = new Uint8Array(offset + bytes.length);
    padded.set(bytes, offset);
    const whole = (padded.length * 8) / 6;
    const own = toBase64(padded).slice(Math.ceil((offset * 8) / 6), Math.floor(whole));
    return [own, own.replaceAll("+", "-").replaceAll("/", "_")];
  });
}

/** Decodes a text that may be base 64: its printable text, if it has any, and its bytes in hexadecimal. */
function outOfBase64(text: string): { text: string | undefined; hex: string }[] {
  if (text.length < TELLING_LENGTH || !/^[\w+/-]+={0,2}$/.test(text)) return [];
  const bytes = fromBase64(text);
  if (!bytes) return [];
  const isPrintable = bytes.every((byte) => byte >= 0x20 && byte <= 0x7e);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [{ text: isPrintable ? new TextDecoder().decode(bytes) : undefined, hex }];
}
