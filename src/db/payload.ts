/// <reference path="../platform/node-crypto.d.ts" />
/// <reference path="../platform/node-zlib.d.ts" />
import { Buffer } from "node:buffer";
import { gunzipSync, gzipSync } from "node:zlib";
import { limits } from "../platform/limits.ts";

/** A payload for binding: JSON, or the gzipped bytes in hexadecimal, for SQLite's `unhex`. */
interface StoredPayload {
  text: string;
  gzipped: 0 | 1;
  /** Length of the JSON in UTF-8. */
  bytes: number;
}

/** Level of gzip that makes JSON as small as the default, 6, in half the time. */
const LEVEL = 3;
/** First byte of gzip, with which no JSON begins. */
const GZIPPED = "x";

/**
 * SQL: the payload of `row` as text, for `readPayload`. D1 answers a BLOB as a list of numbers, which is three times as long as
 * its digits.
 */
export function payloadText(row: string): string {
  return `iif(typeof(${row}.payload) = 'blob', '${GZIPPED}' || hex(${row}.payload), ${row}.payload)`;
}

/** SQL: the stored payload, from the bound `text` and `gzipped`. */
export function storedPayload(text: string, gzipped: string): string {
  return `iif(${gzipped}, unhex(${text}), ${text})`;
}

/** Gzips a payload from some size on, where that makes it smaller. */
export function storePayload(json: string): StoredPayload {
  const plain = new TextEncoder().encode(json);
  const bytes = plain.length;
  if (bytes < limits.gzipFromBytes) return { text: json, gzipped: 0, bytes };
  if (bytes >= limits.gzipTriedFromBytes && !getsSmaller(plain)) return { text: json, gzipped: 0, bytes };
  const gzipped = gzipSync(plain, { level: LEVEL });
  if (gzipped.length >= bytes) return { text: json, gzipped: 0, bytes };
  return { text: gzipped.toString("hex"), gzipped: 1, bytes };
}

/** Tries a part first: noise takes long to gzip, and grows. */
function getsSmaller(plain: Uint8Array): boolean {
  const start = Math.floor((plain.length - limits.gzipTriedBytes) / 2);
  const part = plain.subarray(start, start + limits.gzipTriedBytes);
  return gzipSync(part, { level: LEVEL }).length < part.length * limits.gzipTriedRatio;
}

/** The JSON of a payload, byte for byte as committed. */
export function readPayload(text: string): string {
  return text.startsWith(GZIPPED) ? readGzipped(text.slice(GZIPPED.length)) : text;
}

/** The JSON of a payload that is gzipped, from its hexadecimal digits. */
export function readGzipped(digits: string): string {
  return new TextDecoder().decode(gunzipSync(Buffer.from(digits, "hex")));
}
