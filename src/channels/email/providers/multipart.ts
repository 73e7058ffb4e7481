/// <reference path="../../../platform/node-crypto.d.ts" />
import { createHash } from "node:crypto";

/** A file of a form. */
export interface FilePart {
  name: string;
  filename: string;
  type: string;
  bytes: Uint8Array;
}

/** Names in a form, as browsers write them (https://html.spec.whatwg.org/#multipart-form-data). */
const quoted = (text: string) =>
  `"${text.replaceAll('"', "%22").replaceAll("\r", "%0D").replaceAll("\n", "%0A")}"`;

/**
 * A form with files (RFC 7578), with the same bytes for the same `key`: the boundary of `FormData` is drawn anew each time.
 */
export function multipart(
  fields: readonly [name: string, value: string][],
  files: readonly FilePart[],
  key: string,
): { type: string; body: Uint8Array<ArrayBuffer> } {
  const boundary = `outbox-${createHash("sha256").update(key).digest("hex")}`;
  const encoder = new TextEncoder();
  const head = (name: string, more: string) =>
    `--${boundary}\r\nContent-Disposition: form-data; name=${quoted(name)}${more}\r\n\r\n`;
  const parts = [
    ...fields.flatMap(([name, value]) => [head(name, ""), value, "\r\n"]),
    ...files.flatMap(({ name, filename, type, bytes }) => [
      head(name, `; filename=${quoted(filename)}\r\nContent-Type: ${type}`),
      bytes,
      "\r\n",
    ]),
    `--${boundary}--\r\n`,
  ].map((part) => (typeof part === "string" ? encoder.encode(part) : part));
  const body = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    body.set(part, at);
    at += part.length;
  }
  return { type: `multipart/form-data; boundary=${boundary}`, body };
}
