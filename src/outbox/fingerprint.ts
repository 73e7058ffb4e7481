import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Draft } from "./message.ts";

/** What makes two commits with the same idempotency key the same: everything in them but the random parts, and how errors name them. */
export function fingerprintOf(drafts: readonly Draft[]): string {
  const text = JSON.stringify(drafts.map(({ nonce: _, path: _path, ...rest }) => rest));
  return bytesToHex(sha256(utf8ToBytes(text)));
}
