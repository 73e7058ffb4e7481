import { concatBytes } from "@noble/hashes/utils.js";
import { limits } from "../platform/limits.ts";
import { redact } from "./redact.ts";
import { untilAborted } from "./until-aborted.ts";

/** The beginning of a response's body, as text. */
interface Beginning {
  text: string;
  /** True if the text is the whole body. */
  whole: boolean;
  /** Reason for which the body broke off, if it did. */
  error?: unknown;
}

/**
 * Reads a capped number of bytes of a response's body, and drops the connection if there are more.
 * @param until aborts when enough time has been spent on it
 */
export async function readBeginning(
  response: Response,
  maxBytes: number,
  until?: AbortSignal,
): Promise<Beginning> {
  const { bytes, ...rest } = await readBytes(response, maxBytes, until);
  const decoder = decoderFor(response.headers.get("content-type"), bytes);
  return { text: decoder.decode(bytes, { stream: !rest.whole }), ...rest };
}

async function readBytes({ body }: Response, maxBytes: number, until: AbortSignal | undefined) {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const soFar = () => concatBytes(...chunks);
  if (!body) return { bytes: soFar(), whole: true };
  const reader = body.getReader();
  try {
    while (length < maxBytes) {
      const { done, value } = await (until ? untilAborted(until, () => reader.read()) : reader.read());
      if (done) return { bytes: soFar(), whole: true };
      const taken = value.subarray(0, maxBytes - length);
      chunks.push(taken);
      length += taken.byteLength;
    }
  } catch (error) {
    if (until?.aborted) void reader.cancel().catch(() => {});
    return { bytes: soFar(), whole: false, error };
  }
  await reader.cancel().catch(() => {});
  return { bytes: soFar(), whole: false };
}

const UTF_8 = "utf-8";
const CHARSET = /;\s*charset\s*=\s*"?([^\s";]+)/i;
/** Beginnings of texts in UTF-16: a byte order mark, or two ASCII characters. */
const SIGNATURES: readonly [begins: RegExp, charset: string][] = [
  [/^\xef\xbb\xbf/, UTF_8],
  [/^(\xfe\xff|(\0[^\0]){2})/, "utf-16be"],
  [/^(\xff\xfe|([^\0]\0){2})/, "utf-16le"],
];

/** Encoding by the first bytes where they tell; else by the header; else UTF-8. */
function decoderFor(contentType: string | null, bytes: Uint8Array): TextDecoder {
  const beginning = String.fromCharCode(...bytes.subarray(0, 4));
  const signed = SIGNATURES.find(([begins]) => begins.test(beginning))?.[1];
  const named = CHARSET.exec(contentType ?? "")?.[1];
  try {
    return new TextDecoder(signed ?? named ?? UTF_8);
  } catch {
    return new TextDecoder(UTF_8);
  }
}

/**
 * The beginning of a response's body, for people: without the secrets that were sent, and with visible control
 * characters. A body that breaks off yields the part received. Null when it is empty.
 */
export async function readExcerpt(
  response: Response,
  secrets: readonly string[],
  until?: AbortSignal,
): Promise<string | null> {
  const { text } = await readBeginning(response, limits.responseBytes, until);
  return text === "" ? null : excerptOf(text, secrets);
}

export function excerptOf(text: string, secrets: readonly string[]): string {
  return inPictures(redact(text, secrets, limits.excerptLength)).toWellFormed();
}

/** Code point at which Unicode's pictures of control characters begin. */
const CONTROL_PICTURES = 0x2400;
const DELETE = 0x7f;
const PICTURE_OF_DELETE = "\u2421";

/** Replaces ASCII control characters by their pictures, as NUL by ␀, except layout characters. */
function inPictures(text: string): string {
  return text.replace(/(?![\t\n\r])\p{Cc}/gu, (char) => {
    const code = char.charCodeAt(0);
    if (code === DELETE) return PICTURE_OF_DELETE;
    return code < DELETE ? String.fromCharCode(CONTROL_PICTURES + code) : char;
  });
}

const NUMBERS = /^(\d+(?:\.\d+)?)(\s*,|$)/;
/** A larger number is an instant in seconds or milliseconds, and not a wait of 30 years. */
const INSTANT_IN_SECONDS = 1e9;
const INSTANT_IN_MS = 1e12;
/** A date begins with the name of a day, or with its year. */
const DATE = /^(?:[A-Za-z]{3}|\d{4}-\d\d)/;

/**
 * `Retry-After` in seconds or as an HTTP date (RFC 9110, 10.2.3), as a wait in milliseconds from `now`, clamped; null
 * when it is absent or unreadable. A number too large for a wait is an instant, as rate limiters write it.
 */
export function retryAfterMs(header: string | null, now: number): number | null {
  const wait = waitFrom(header?.trim() ?? "", now);
  return Number.isNaN(wait) ? null : Math.min(Math.max(wait, 0), limits.retryAfterMs);
}

function waitFrom(text: string, now: number): number {
  const number = Number(NUMBERS.exec(text)?.[1] ?? Number.NaN);
  if (number >= INSTANT_IN_MS) return number - now;
  if (number >= INSTANT_IN_SECONDS) return number * 1000 - now;
  if (!Number.isNaN(number)) return number * 1000;
  return DATE.test(text) ? Date.parse(text) - now : Number.NaN;
}
