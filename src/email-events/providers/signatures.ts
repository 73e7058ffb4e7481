import { fromBase64, toBase64 } from "../../platform/base64.ts";
import { emailEventLimits as limits } from "../../platform/email-event-limits.ts";
import { Unverified } from "../provider-event.ts";

const ENCODER = new TextEncoder();

/** True if two texts are equal. The time that it takes tells nothing of where they differ. */
export async function isEqual(given: string, secret: string): Promise<boolean> {
  const digests = await Promise.all(
    [given, secret].map((text) => crypto.subtle.digest("SHA-256", ENCODER.encode(text))),
  );
  return crypto.subtle.timingSafeEqual(digests[0] as ArrayBuffer, digests[1] as ArrayBuffer);
}

/** The bytes of a signature in the only spelling of base 64 that they have: the last characters have bits that count for nothing. */
export function signatureBytes(text: string): Uint8Array<ArrayBuffer> | undefined {
  const bytes = fromBase64(text);
  return bytes && bytes.length > 0 && toBase64(bytes) === text ? bytes : undefined;
}

/**
 * Refuses a signature of another time.
 * @param at in milliseconds; null, or no number: it names none
 * @throws {Unverified}
 */
export function refuseOld(at: number | null, now: number): void {
  if (at === null || !Number.isFinite(at))
    throw new Unverified("The request names no instant of its signature");
  if (at < now - limits.emailSignatureMs) throw new Unverified("The signature is too old");
  if (at > now + limits.emailEventSkewMs) throw new Unverified("The signature is of the future");
}

/**
 * Refuses a request that fits none of the secrets.
 * @throws {Unverified}
 */
export async function requireOne(
  secrets: readonly string[],
  fits: (secret: string) => Promise<boolean>,
): Promise<void> {
  for (const secret of secrets) if (await fits(secret)) return;
  throw new Unverified("The request is not signed by any of the secrets");
}
