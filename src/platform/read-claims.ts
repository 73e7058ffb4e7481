import { type JWTHeaderParameters, jwtVerify } from "jose";
import { ALGORITHM, ISSUER, type SignedClaims, type Signing } from "./sign-claims.ts";

/**
 * Three parts in base 64. The two spare bits of the signature's last digit must be 0, so that each text is the only one
 * of its claims.
 */
const JWT = /^[\w-]+\.[\w-]+\.[\w-]{42}[AEIMQUYcgkosw048]$/;

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
