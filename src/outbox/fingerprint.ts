import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Draft } from "./message.ts";

/**
 * Fingerprint by which commits with one idempotency key are equal: everything but the random parts and the paths for
 * errors.
 */
export function fingerprintOf(drafts: readonly Draft[]): string {
  const text = JSON.stringify(drafts.map(({ nonce: _, path: _path, ...rest }) => rest));
  return bytesToHex(sha256(utf8ToBytes(text)));
}
