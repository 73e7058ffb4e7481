import { and, eq, gt, lte } from "drizzle-orm";
import { queryBuilder } from "../db/database.ts";
import { tokens } from "../db/schema.ts";
import type { Scope } from "../domain/scopes.ts";
import { limits } from "../platform/limits.ts";
import { issueToken, signToken, type Token, type TokenTools } from "./tokens.ts";

/**
 * Issues a token of an hour for a member of the tenant, or gives the same again while much of its time is left: each
 * load of a page asks for one. Members of equal names and scopes are one to the outbox.
 * @throws {OutboxError} `secret_keys_missing`, `tenant_not_found`
 */
export async function issueMemberToken(
  tools: TokenTools,
  tenantId: string,
  { name, scopes }: { name: string; scopes: Scope[] },
): Promise<Token & { token: string }> {
  const { full, least } = limits.memberTokenSeconds;
  const description = `portal: ${name}`;
  const now = tools.clock.now();
  const isMembers = and(eq(tokens.sessionBy, "member"), eq(tokens.description, description));
  const isUsable = and(gt(tokens.expiresAt, now + least * 1000), lte(tokens.expiresAt, now + full * 1000));
  const issued = await queryBuilder(tools.db)
    .select()
    .from(tokens)
    .where(and(eq(tokens.tenantId, tenantId), isMembers, isUsable));
  const found = issued.find((one) => one.scopes.toString() === scopes.toString());
  if (found) return { ...found, token: await signToken(tools.keyRing, found) };
  return issueToken(tools, tenantId, { scopes, description, expiresInSeconds: full, sessionBy: "member" });
}
