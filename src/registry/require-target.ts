/// <reference path="../platform/node-crypto.d.ts" />
import { createHash } from "node:crypto";
import { invalid } from "../platform/errors.ts";
import type { EndpointTools } from "./endpoint-row.ts";

/**
 * Refuses a URL that cannot receive webhooks.
 * @throws {OutboxError} `invalid_input`
 */
export function requireTarget({ refuseUrl }: Pick<EndpointTools, "refuseUrl">, url: string): void {
  const reason = MASKED.test(url) ? "is masked; give the whole URL" : refuseUrl(url);
  if (reason !== undefined) throw invalid("url", reason);
}

/** Digits of the fingerprint in a masked URL. */
const DIGITS = 6;
const MASKED = new RegExp(`^https?://[^/]+/…[0-9a-f]{${DIGITS}}$`);

/**
 * The URL of a chat as everybody sees it: its origin, and a fingerprint by which another URL there is told apart, in lists and
 * where an answer must belong to the present one.
 */
export function maskedUrl(url: string): string {
  const fingerprint = createHash("sha256").update(url).digest("hex").slice(0, DIGITS);
  return `${new URL(url).origin}/…${fingerprint}`;
}
