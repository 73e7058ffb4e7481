import { type JWTHeaderParameters, jwtVerify } from "jose";
import * as z from "zod";
import { SCOPES, type Scope } from "../domain/scopes.ts";
import type { KeyRing } from "../platform/key-ring.ts";
import { limits } from "../platform/limits.ts";
import { TOKEN_PREFIX } from "../platform/token-prefixes.ts";

export const ISSUER = "edge-outbox";
export const ALGORITHM = "HS256";

/** Claims of a token with a valid signature that has not expired. Only D1 knows if it was revoked. */
export interface Claims {
  tokenId: string;
  tenantId: string;
  scopes: Scope[];
  /** In milliseconds. */
  expiresAt: number;
}

/**
 * Three parts in base 64. The two spare bits of the signature's last digit must be 0, so that each token has one text.
 */
const JWT = /^[\w-]+\.[\w-]+\.[\w-]{42}[AEIMQUYcgkosw048]$/;

const claims = z.object({
  sub: z.string().min(1),
  jti: z.string().startsWith("tok_"),
  scope: z
    .string()
    .transform((text) => text.split(" "))
    .pipe(z.array(z.enum(SCOPES)).min(1)),
  exp: z.int(),
});

/**
 * Claims of a tenant's token; undefined if it is malformed, expired, or signed by a key that is not in the ring. Never
 * throws. `now` in milliseconds.
 */
export async function verifyToken(keyRing: KeyRing, text: string, now: number): Promise<Claims | undefined> {
  if (text.length > limits.tokenLength || !text.startsWith(TOKEN_PREFIX)) return undefined;
  const jwt = text.slice(TOKEN_PREFIX.length);
  if (!JWT.test(jwt)) return undefined;
  try {
    const { payload } = await jwtVerify(jwt, (header) => keyNamedIn(header, keyRing), {
      algorithms: [ALGORITHM],
      issuer: ISSUER,
      requiredClaims: ["exp"],
      currentDate: new Date(now),
    });
    const { sub, jti, scope, exp } = claims.parse(payload);
    return { tokenId: jti, tenantId: sub, scopes: scope, expiresAt: exp * 1000 };
  } catch {
    return undefined;
  }
}

async function keyNamedIn({ kid = "" }: JWTHeaderParameters, keyRing: KeyRing): Promise<CryptoKey> {
  const key = await keyRing.keyFor("token", kid);
  if (!key) throw new Error("The key that signed this token is not in the ring");
  return key;
}
