import { limits } from "../platform/limits.ts";
import { redact } from "./redact.ts";

/** The beginning of a response's body, as text. Reads a capped number of bytes, and drops the connection if there are more. */
export async function readBeginning(
  response: Response,
  maxBytes: number,
): Promise<{ text: string; whole: boolean }> {
  if (!response.body) return { text: "", whole: true };
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (let bytes = 0; bytes < maxBytes; ) {
    const { done, value } = await reader.read();
    if (done) return { text: text + decoder.decode(), whole: true };
    bytes += value.byteLength;
    text += decoder.decode(value, { stream: true });
  }
  await reader.cancel().catch(() => {});
  return { text, whole: false };
}

/** What a response's body begins with, for people, without the secrets that the other side was told; null when it is empty. */
export async function readExcerpt(response: Response, secrets: readonly string[]): Promise<string | null> {
  const { text } = await readBeginning(response, limits.responseBytes);
  return text === "" ? null : redact(text, secrets, limits.excerptLength).toWellFormed();
}

/**
 * `Retry-After` in seconds or as an HTTP date (RFC 9110, 10.2.3), as a wait in milliseconds from `now`,
 * clamped; null when it is absent or makes no sense.
 */
export function retryAfterMs(header: string | null, now: number): number | null {
  if (header === null) return null;
  const text = header.trim();
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isNaN(wait) ? null : Math.min(Math.max(wait, 0), limits.retryAfterMs);
}
