import { limits } from "../platform/limits.ts";
import { redact } from "./redact.ts";

/**
 * The beginning of a response's body as text, without the secrets that the other side was told. Reads a capped number
 * of bytes and drops the connection.
 */
export async function readExcerpt(response: Response, secrets: readonly string[]): Promise<string | null> {
  if (!response.body) return null;
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (let bytes = 0; bytes < limits.responseBytes; ) {
    const { done, value } = await reader.read();
    if (done) return cut(text + decoder.decode(), secrets);
    bytes += value.byteLength;
    text += decoder.decode(value, { stream: true });
  }
  await reader.cancel().catch(() => {});
  return cut(text, secrets);
}

function cut(text: string, secrets: readonly string[]): string | null {
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
