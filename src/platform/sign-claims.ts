import { base64url, type JWTPayload } from "jose";
import { OutboxError } from "./errors.ts";
import type { KeyPurpose, KeyRing } from "./key-ring.ts";

export const ISSUER = "edge-outbox";
export const ALGORITHM = "HS256";

/** Keys that sign: those of a purpose, and of another secret if one is named. */
export interface Signing {
  keyRing: KeyRing | undefined;
  purpose: KeyPurpose;
  /** Secret whose change ends what was signed with it. */
  boundTo?: string;
}

/** Claims with an expiry, in seconds since the epoch. */
export type SignedClaims = JWTPayload & { exp: number };

/**
 * Signs claims as a JWT, with the current key: https://www.rfc-editor.org/rfc/rfc7515#section-3.1. Every app carries this,
 * and would carry the signer of jose.
 * @throws {OutboxError} `secret_keys_missing`
 */
export async function signClaims(
  { keyRing, purpose, boundTo }: Signing,
  claims: SignedClaims,
): Promise<string> {
  const kid = keyRing?.currentId ?? "";
  const key = await keyRing?.keyFor(purpose, kid, boundTo);
  if (!key) throw new OutboxError({ code: "secret_keys_missing" });
  const signed = [
    { alg: ALGORITHM, kid },
    { ...claims, iss: ISSUER },
  ]
    .map((part) => base64url.encode(JSON.stringify(part)))
    .join(".");
  const signature = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(signed));
  return `${signed}.${base64url.encode(new Uint8Array(signature))}`;
}
