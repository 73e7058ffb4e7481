import { and, eq, gt } from "drizzle-orm";
import { queryBuilder } from "../db/database.ts";
import { tokens } from "../db/schema.ts";
import type { Scope } from "../domain/scopes.ts";
import { limits } from "../platform/limits.ts";
import { issueToken, signToken, type Token, type TokenTools } from "./tokens.ts";

/**
 * Issues a token of an hour for a member of the tenant, or gives the same again while much of its time is left: each
 * load of a page asks for one.
 * @throws {OutboxError} `secret_keys_missing`, `tenant_not_found`, `token_limit_reached`
 */
export async function issueMemberToken(
  tools: TokenTools,
  tenantId: string,
  { name, scopes }: { name: string; scopes: Scope[] },
): Promise<Token & { token: string }> {
  const { full, least } = limits.memberTokenSeconds;
  const description = `portal: ${name}`;
  const isUsable = gt(tokens.expiresAt, tools.clock.now() + least * 1000);
  const issued = await queryBuilder(tools.db)
    .select()
    .from(tokens)
    .where(and(eq(tokens.tenantId, tenantId), eq(tokens.description, description), isUsable));
  const found = issued.find((one) => one.scopes.toString() === scopes.toString());
  if (found) return { ...found, token: await signToken(tools.keyRing, found) };
  return issueToken(tools, tenantId, { scopes, description, expiresInSeconds: full });
}
