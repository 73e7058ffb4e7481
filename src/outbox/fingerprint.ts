/// <reference path="../platform/node-crypto.d.ts" />
import { createHash } from "node:crypto";
import type { Draft } from "./message.ts";

/**
 * Fingerprint by which commits with one idempotency key are equal: everything but the random parts, the paths for
 * errors, and copies of parts.
 */
export function fingerprintOf(drafts: readonly Draft[]): string {
  const text = JSON.stringify(
    drafts.map(
      ({
        nonce: _,
        path: _path,
        payloadPath: _p,
        sender: _s,
        files: _f,
        topic: _t,
        to: _to,
        sensitive: _x,
        ...rest
      }) => rest,
    ),
  );
  return createHash("sha256").update(text).digest("hex");
}
