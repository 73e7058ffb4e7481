import * as z from "zod";
import { SCOPES, type Scope } from "../domain/scopes.ts";
import type { KeyRing } from "../platform/key-ring.ts";
import { limits } from "../platform/limits.ts";
import { readClaims } from "../platform/read-claims.ts";
import { TOKEN_PREFIX } from "../platform/token-prefixes.ts";

/** Claims of a token with a valid signature that has not expired. Only D1 knows if it was revoked. */
export interface Claims {
  tokenId: string;
  tenantId: string;
  scopes: Scope[];
  /** In milliseconds. */
  expiresAt: number;
}

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
  const read = await readClaims({ keyRing, purpose: "token" }, text.slice(TOKEN_PREFIX.length), now);
  const { data } = claims.safeParse(read);
  if (!data) return undefined;
  const { sub, jti, scope, exp } = data;
  return { tokenId: jti, tenantId: sub, scopes: scope, expiresAt: exp * 1000 };
}
