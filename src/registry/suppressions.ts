import { and, asc, eq, exists, gt, isNull, or, sql } from "drizzle-orm";
import * as z from "zod";
import { audited, ONE, oneIf } from "../db/audited.ts";
import { type Database, inOneWrite, queryBuilder, violates } from "../db/database.ts";
import { requireTenant } from "../db/live-tenant.ts";
import { suppressions } from "../db/schema.ts";
import { plainAddressInput } from "../domain/email-content.ts";
import { SUPPRESSION_REASONS } from "../domain/email-status.ts";
import { instantInput } from "../domain/instant.ts";
import { type Page, type PageRequest, pageOfFirst } from "../domain/page.ts";
import { invalid, OutboxError } from "../platform/errors.ts";
import { leftOut, wellFormed } from "../platform/fields.ts";
import { limits } from "../platform/limits.ts";
import { liveTenant, selectTenant } from "./live-tenant.ts";
import type { RegistryTools } from "./tenants.ts";

export const suppressionInput = z.strictObject({
  address: plainAddressInput,
  until: leftOut(instantInput),
  note: leftOut(wellFormed(z.string().min(1).max(limits.descriptionLength))),
});
type SuppressionInput = z.output<typeof suppressionInput>;

export const suppressionFilter = z.strictObject({
  address: plainAddressInput.optional(),
  reason: z.enum(SUPPRESSION_REASONS).optional(),
});

export type Suppression = typeof suppressions.$inferSelect;

/** A cursor in a list of suppressions. */
interface SuppressionCursor {
  address: string;
}
export type SuppressionPageRequest = z.output<typeof suppressionFilter> & PageRequest<SuppressionCursor>;

const isOne = (tenantId: string, address: string) =>
  and(eq(suppressions.tenantId, tenantId), eq(suppressions.address, address));
const isInForce = (now: number) => or(isNull(suppressions.until), gt(suppressions.until, now));

/**
 * A page of the suppressions in force, by address.
 * @throws {OutboxError} `tenant_not_found`
 */
export async function listSuppressions(
  db: Database,
  tenantId: string,
  { limit, after, address, reason }: SuppressionPageRequest,
  now: number,
): Promise<Page<Suppression, SuppressionCursor>> {
  const query = queryBuilder(db);
  const [rows, owner] = await query.batch([
    query
      .select()
      .from(suppressions)
      .where(
        and(
          eq(suppressions.tenantId, tenantId),
          after && gt(suppressions.address, after.address),
          address === undefined ? undefined : eq(suppressions.address, address),
          reason && eq(suppressions.reason, reason),
          isInForce(now),
        ),
      )
      .orderBy(asc(suppressions.address))
      .limit(limit + 1),
    selectTenant(db, tenantId),
  ]);
  requireTenant(owner, tenantId);
  return pageOfFirst(rows, limit, (row) => ({ address: row.address }));
}

export const NOT_IN_FUTURE = "must be in the future; leave it out for ever";

/** Refusal that a constraint of the table stands for; any other error as it is. */
export function suppressionError(error: unknown, tenantId: string): unknown {
  if (violates(error, "NOT NULL", "outbox_suppressions.tenant_id"))
    return new OutboxError({ code: "tenant_not_found", tenantId });
  if (violates(error, "NOT NULL", "outbox_suppressions.address"))
    return new OutboxError({ code: "suppression_limit_reached", limit: limits.suppressionsPerTenant });
  return error;
}

/**
 * Suppresses an address by a person, in place of whatever suppressed it before.
 * @throws {OutboxError} `invalid_input`, `tenant_not_found`, `suppression_limit_reached`
 */
export async function putSuppression(
  tools: RegistryTools,
  tenantId: string,
  { address, ...input }: SuppressionInput,
): Promise<Suppression> {
  const now = tools.clock.now();
  const until = input.until ?? null;
  const note = input.note ?? null;
  if (until !== null && until <= now) throw invalid("until", NOT_IN_FUTURE);
  const query = queryBuilder(tools.db);
  // One address too many becomes NULL, which the column refuses.
  const addressWithinLimit = sql<string>`(SELECT CASE WHEN count(*) < ${limits.suppressionsPerTenant} THEN ${address} END
    FROM outbox_suppressions WHERE tenant_id = ${tenantId} AND reason = 'by_request' AND address <> ${address})`;
  const set = { reason: "by_request" as const, until, note, updatedAt: now };
  try {
    const [[row]] = await inOneWrite(
      audited(tools, { tenantId, affected: ONE, subject: { recipient: address } }),
      [
        query
          .insert(suppressions)
          .values({ tenantId: liveTenant(tenantId), address: addressWithinLimit, createdAt: now, ...set })
          .onConflictDoUpdate({ target: [suppressions.tenantId, suppressions.address], set })
          .returning(),
      ],
    );
    return row as Suppression;
  } catch (error) {
    throw suppressionError(error, tenantId);
  }
}

/**
 * Lifts the suppression of an address, and forgets its bounces. Without one it changes nothing.
 * @throws {OutboxError} `tenant_not_found`
 */
export async function liftSuppression(
  tools: RegistryTools,
  tenantId: string,
  address: string,
): Promise<void> {
  const { db } = tools;
  const query = queryBuilder(db);
  const affected = oneIf(
    exists(query.select({ one: sql`1` }).from(suppressions).where(isOne(tenantId, address))),
  );
  const [owner] = await inOneWrite(audited(tools, { tenantId, affected, subject: { recipient: address } }), [
    selectTenant(db, tenantId),
    query.delete(suppressions).where(isOne(tenantId, address)),
  ]);
  requireTenant(owner, tenantId);
}
