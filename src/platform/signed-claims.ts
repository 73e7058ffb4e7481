import { type JWTHeaderParameters, type JWTPayload, jwtVerify, SignJWT } from "jose";
import { OutboxError } from "./errors.ts";
import type { KeyPurpose, KeyRing } from "./key-ring.ts";

const ISSUER = "edge-outbox";
const ALGORITHM = "HS256";

/**
 * Three parts in base 64. The two spare bits of the signature's last digit must be 0, so that each text is the only one
 * of its claims.
 */
const JWT = /^[\w-]+\.[\w-]+\.[\w-]{42}[AEIMQUYcgkosw048]$/;

/** Keys that sign: those of a purpose, and of another secret if one is named. */
interface Signing {
  keyRing: KeyRing | undefined;
  purpose: KeyPurpose;
  /** Secret whose change ends what was signed with it. */
  boundTo?: string;
}

/** Claims with an expiry, in seconds since the epoch. */
export type SignedClaims = JWTPayload & { exp: number };

/**
 * Signs claims as a JWT, with the current key.
 * @throws {OutboxError} `secret_keys_missing`
 */
export async function signClaims(
  { keyRing, purpose, boundTo }: Signing,
  claims: SignedClaims,
): Promise<string> {
  const kid = keyRing?.currentId ?? "";
  const key = await keyRing?.keyFor(purpose, kid, boundTo);
  if (!key) throw new OutboxError({ code: "secret_keys_missing" });
  return new SignJWT(claims).setProtectedHeader({ alg: ALGORITHM, kid }).setIssuer(ISSUER).sign(key);
}

/**
 * Claims of a JWT; undefined if it is malformed, expired, or signed by another key than these. Never throws. `now` in
 * milliseconds.
 */
export async function readClaims(
  { keyRing, purpose, boundTo }: Signing,
  jwt: string,
  now: number,
): Promise<SignedClaims | undefined> {
  if (!keyRing || !JWT.test(jwt)) return undefined;
  const keyNamedIn = async ({ kid = "" }: JWTHeaderParameters) => {
    const key = await keyRing.keyFor(purpose, kid, boundTo);
    if (!key) throw new Error("The key that signed this is not in the ring");
    return key;
  };
  try {
    const { payload } = await jwtVerify(jwt, keyNamedIn, {
      algorithms: [ALGORITHM],
      issuer: ISSUER,
      requiredClaims: ["exp"],
      currentDate: new Date(now),
    });
    return payload as SignedClaims;
  } catch {
    return undefined;
  }
}
