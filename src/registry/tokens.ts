import { and, desc, eq, exists, type SQL, sql } from "drizzle-orm";
import * as z from "zod";
import { audited, ONE, oneIf } from "../db/audited.ts";
import { type Database, inOneWrite, queryBuilder, violates } from "../db/database.ts";
import { requireTenant } from "../db/live-tenant.ts";
import { tokens } from "../db/schema.ts";
import { newTokenId } from "../domain/ids.ts";
import { type CreatedCursor, type Page, type PageRequest, pageOfFirst } from "../domain/page.ts";
import { SCOPES } from "../domain/scopes.ts";
import type { Random } from "../platform/clock.ts";
import { OutboxError } from "../platform/errors.ts";
import { eachOnce, leftOut, numberIn, wellFormed, wholeNumber } from "../platform/fields.ts";
import type { KeyRing } from "../platform/key-ring.ts";
import { limits } from "../platform/limits.ts";
import { signClaims } from "../platform/sign-claims.ts";
import { TOKEN_PREFIX } from "../platform/token-prefixes.ts";
import { liveTenant, selectTenant } from "./live-tenant.ts";
import { isAfter } from "./newest-first.ts";
import { type RegistryTools, readTenant } from "./tenants.ts";
import type { Claims } from "./verify-token.ts";

export const tokenInput = z.strictObject({
  scopes: eachOnce(
    z
      .array(z.enum(SCOPES, { error: `must be one of ${SCOPES.join(", ")}` }))
      .min(1, { error: "must name at least one scope" }),
  ),
  expiresInSeconds: leftOut(numberIn(wholeNumber(limits.tokenSecondsMin, limits.tokenSecondsMax, "seconds"))),
  description: leftOut(wellFormed(z.string().max(limits.descriptionLength))),
});
type TokenInput = z.output<typeof tokenInput> & {
  /** The app's name for the session of the portal. Left out: none. */
  sessionId?: string | undefined;
  /** Opener of a session of the portal. Left out: it is a token of the API. */
  sessionBy?: Token["sessionBy"];
};

/** The record of a tenant's token, without the token itself. */
export type Token = typeof tokens.$inferSelect;

export interface TokenTools extends RegistryTools {
  random: Random;
  /** Undefined: no token can be signed. */
  keyRing: KeyRing | undefined;
}

/**
 * Issues a token, which only this answer shows. It is signed before its row is written, and valid while the row exists:
 * a crash in between issues none, and a lost answer leaves an unknown token, which is on the list and can be revoked.
 * A session beyond their limit ends the oldest one, which uses up none of the tokens of the API.
 * @throws {OutboxError} `secret_keys_missing`, `tenant_not_found`; `token_limit_reached` for a token of the API
 */
export async function issueToken(
  tools: TokenTools,
  tenantId: string,
  input: TokenInput,
): Promise<Token & { token: string }> {
  const { scopes, description = null, expiresInSeconds = limits.tokenSeconds } = input;
  const { sessionId = null, sessionBy = null } = input;
  const createdAt = tools.clock.now();
  // JWTs count in seconds, so the row ends with its token.
  const expiresAt = (Math.floor(createdAt / 1000) + expiresInSeconds) * 1000;
  const id = newTokenId(tools.random);
  const row = {
    tenantId,
    id,
    scopes,
    description,
    createdAt,
    expiresAt,
    lastUsedAt: null,
    sessionId,
    sessionBy,
  };
  const token = await signToken(tools.keyRing, row);
  await insert(tools, row);
  return { ...row, token };
}

/** The text of a token. @throws {OutboxError} `secret_keys_missing` */
export async function signToken(keyRing: KeyRing | undefined, row: Token): Promise<string> {
  const jwt = await signClaims(
    { keyRing, purpose: "token" },
    {
      scope: row.scopes.join(" "),
      sub: row.tenantId,
      jti: row.id,
      iat: Math.floor(row.createdAt / 1000),
      exp: row.expiresAt / 1000,
    },
  );
  return `${TOKEN_PREFIX}${jwt}`;
}

/** A missing or no longer allowed reference becomes NULL, which the column refuses. */
async function insert(tools: TokenTools, row: Token): Promise<void> {
  const { tenantId, id } = row;
  const { db } = tools;
  const insertAs = (id: string | SQL<string>) =>
    queryBuilder(db)
      .insert(tokens)
      .values({ ...row, tenantId: liveTenant(tenantId), id });
  const idWithinLimit = sql<string>`(SELECT CASE WHEN count(*) < ${limits.tokensPerTenant} THEN ${id} END
    FROM outbox_tokens WHERE tenant_id = ${tenantId} AND session_by IS NULL)`;
  try {
    const write = audited(tools, { tenantId, affected: ONE, subject: { token: id } });
    if (row.sessionBy === null) await inOneWrite(write, [insertAs(idWithinLimit)]);
    else await inOneWrite(write, [endOldest(db, row), insertAs(id)]);
  } catch (error) {
    if (violates(error, "NOT NULL", "outbox_tokens.tenant_id")) {
      throw new OutboxError({ code: "tenant_not_found", tenantId });
    }
    if (violates(error, "NOT NULL", "outbox_tokens.id")) {
      throw new OutboxError({ code: "token_limit_reached", limit: limits.tokensPerTenant });
    }
    throw error;
  }
}

/** Makes room for a session, in its own batch: those that have expired go first, then the oldest. */
function endOldest(db: Database, { tenantId, createdAt: now }: Token) {
  const beyond = sql`(SELECT id FROM outbox_tokens WHERE tenant_id = ${tenantId} AND session_by IS NOT NULL
    ORDER BY expires_at > ${now} DESC, created_at DESC, id DESC LIMIT -1 OFFSET ${limits.sessionsPerTenant - 1})`;
  return queryBuilder(db)
    .delete(tokens)
    .where(and(eq(tokens.tenantId, tenantId), sql`id IN ${beyond}`));
}

/**
 * A page of the tenant's tokens, newest first, including expired ones until they are purged.
 * @throws {OutboxError} `tenant_not_found`
 */
export async function listTokens(
  db: Database,
  tenantId: string,
  page: PageRequest<CreatedCursor>,
): Promise<Page<Token, CreatedCursor>> {
  const query = queryBuilder(db);
  const [found, owner] = await query.batch([
    query
      .select()
      .from(tokens)
      .where(and(eq(tokens.tenantId, tenantId), isAfter(tokens.createdAt, tokens.id, page)))
      .orderBy(desc(tokens.createdAt), desc(tokens.id))
      .limit(page.limit + 1),
    selectTenant(db, tenantId),
  ]);
  requireTenant(owner, tenantId);
  return pageOfFirst(found, page.limit, ({ createdAt, id }) => ({ createdAt, id }));
}

/** @throws {OutboxError} `tenant_not_found`, `token_not_found` */
export async function readToken({ db }: { db: Database }, tenantId: string, id: string): Promise<Token> {
  const [found] = await queryBuilder(db).select().from(tokens).where(isOne(tenantId, id));
  return found ?? explainMissing(db, tenantId, id);
}

/**
 * Revokes a token at once, everywhere, and deletes its row.
 * @throws {OutboxError} `tenant_not_found`, `token_not_found`, even when repeated
 */
export async function revokeToken(tools: RegistryTools, tenantId: string, id: string): Promise<void> {
  const { db } = tools;
  const isThere = oneIf(exists(queryBuilder(db).select().from(tokens).where(isOne(tenantId, id))));
  const remove = queryBuilder(db).delete(tokens).where(isOne(tenantId, id)).returning({ id: tokens.id });
  const [removed] = await inOneWrite(audited(tools, { tenantId, affected: isThere }), [remove]);
  if (removed.length === 0) await explainMissing(db, tenantId, id);
}

/**
 * Revokes every token of a session of the portal, and answers their number.
 * @throws {OutboxError} `tenant_not_found`
 */
export async function revokeSession(
  tools: RegistryTools,
  tenantId: string,
  sessionId: string,
): Promise<{ revoked: number }> {
  const { db } = tools;
  const ofSession = and(eq(tokens.tenantId, tenantId), eq(tokens.sessionId, sessionId));
  const query = queryBuilder(db);
  const affected = sql`SELECT count(*) FROM ${tokens} WHERE ${ofSession} HAVING count(*) > 0`;
  const write = audited(tools, { tenantId, affected, subject: { session: sessionId } });
  const remove = query.delete(tokens).where(ofSession).returning({ id: tokens.id });
  const [removed] = await inOneWrite(write, [remove]);
  if (removed.length === 0) await readTenant({ db }, tenantId);
  return { revoked: removed.length };
}

/**
 * Refuses a revoked token. A commit's own batch checks that itself.
 * @throws {OutboxError} `token_revoked`
 */
export async function requireLiveToken(db: Database, { tenantId, tokenId }: Claims): Promise<void> {
  const [found] = await queryBuilder(db)
    .select({ id: tokens.id })
    .from(tokens)
    .where(isOne(tenantId, tokenId));
  if (!found) throw new OutboxError({ code: "token_revoked" });
}

/** Moves the instant only forward, and makes no row. */
export async function markTokenUsed(db: Database, tenantId: string, id: string, at: number): Promise<void> {
  await queryBuilder(db)
    .update(tokens)
    .set({ lastUsedAt: at })
    .where(and(isOne(tenantId, id), sql`coalesce(last_used_at, 0) < ${at}`));
}

function isOne(tenantId: string, id: string) {
  return and(eq(tokens.tenantId, tenantId), eq(tokens.id, id));
}

async function explainMissing(db: Database, tenantId: string, id: string): Promise<never> {
  await readTenant({ db }, tenantId);
  throw new OutboxError({ code: "token_not_found", tokenId: id });
}
