import type { Draft } from "./message.ts";

/** What makes two commits with the same idempotency key the same: everything in them but the random parts. */
export async function fingerprintOf(drafts: readonly Draft[]): Promise<string> {
  const text = JSON.stringify(drafts.map(({ nonce: _, ...rest }) => rest));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
