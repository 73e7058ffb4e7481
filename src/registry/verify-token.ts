import type { Scope } from "../domain/scopes.ts";
export async function verifyToken(
  ..._: unknown[]
): Promise<{ tenantId: string; tokenId: string; scopes: readonly Scope[] } | undefined> {
  return undefined;
}
