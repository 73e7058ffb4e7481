import { and, asc, eq, exists, sql } from "drizzle-orm";
import * as z from "zod";
import { audited, ONE, oneIf } from "../db/audited.ts";
import { type Database, inOneWrite, queryBuilder, violates } from "../db/database.ts";
import { requireTenant } from "../db/live-tenant.ts";
import { unsubscribes } from "../db/schema.ts";
import { plainAddressInput } from "../domain/email-content.ts";
import { topicName } from "../domain/email-topic.ts";
import { type Page, type PageRequest, pageOfFirst } from "../domain/page.ts";
import { OutboxError } from "../platform/errors.ts";
import { limits } from "../platform/limits.ts";
import { liveTenant, selectTenant } from "./live-tenant.ts";
import type { RegistryTools } from "./tenants.ts";

export const unsubscribeInput = z.strictObject({
  address: plainAddressInput,
  topic: topicName,
});
type UnsubscribeInput = z.output<typeof unsubscribeInput>;

export const unsubscribeFilter = z.strictObject({
  address: plainAddressInput.optional(),
});

export type Unsubscribe = typeof unsubscribes.$inferSelect;

export type UnsubscribePageRequest = z.output<typeof unsubscribeFilter> & PageRequest<UnsubscribeInput>;

const isOne = (tenantId: string, { address, topic }: UnsubscribeInput) =>
  and(eq(unsubscribes.tenantId, tenantId), eq(unsubscribes.address, address), eq(unsubscribes.topic, topic));

/**
 * A page of the unsubscribes, by address and topic.
 * @throws {OutboxError} `tenant_not_found`
 */
export async function listUnsubscribes(
  db: Database,
  tenantId: string,
  { limit, after, address }: UnsubscribePageRequest,
): Promise<Page<Unsubscribe, UnsubscribeInput>> {
  const query = queryBuilder(db);
  const [rows, owner] = await query.batch([
    query
      .select()
      .from(unsubscribes)
      .where(
        and(
          eq(unsubscribes.tenantId, tenantId),
          after && sql`(address, topic) > (${after.address}, ${after.topic})`,
          address === undefined ? undefined : eq(unsubscribes.address, address),
        ),
      )
      .orderBy(asc(unsubscribes.address), asc(unsubscribes.topic))
      .limit(limit + 1),
    selectTenant(db, tenantId),
  ]);
  requireTenant(owner, tenantId);
  return pageOfFirst(rows, limit, (row) => ({ address: row.address, topic: row.topic }));
}

/**
 * Unsubscribes an address from a topic by request. One that has unsubscribed stays as it is.
 * @throws {OutboxError} `tenant_not_found`, `unsubscribe_limit_reached`
 */
export async function putUnsubscribe(
  tools: RegistryTools,
  tenantId: string,
  { address, topic }: UnsubscribeInput,
): Promise<Unsubscribe> {
  const query = queryBuilder(tools.db);
  const limit = limits.unsubscribesPerTenant;
  // One too many becomes NULL, which the column refuses.
  const topicWithinLimit = sql<string>`(SELECT CASE WHEN count(*) < ${limit} THEN ${topic} END
    FROM outbox_unsubscribes
    WHERE tenant_id = ${tenantId} AND source = 'by_request' AND (address, topic) <> (${address}, ${topic}))`;
  const values = {
    ...{ tenantId: liveTenant(tenantId), address, topic: topicWithinLimit },
    ...{ source: "by_request" as const, createdAt: tools.clock.now() },
  };
  const target = [unsubscribes.tenantId, unsubscribes.address, unsubscribes.topic];
  try {
    const [[row]] = await inOneWrite(
      audited(tools, { tenantId, affected: ONE, subject: { recipient: address, topic } }),
      // A row that is there is written as it was, so that it is answered.
      [query.insert(unsubscribes).values(values).onConflictDoUpdate({ target, set: { topic } }).returning()],
    );
    return row as Unsubscribe;
  } catch (error) {
    if (violates(error, "NOT NULL", "outbox_unsubscribes.tenant_id")) {
      throw new OutboxError({ code: "tenant_not_found", tenantId });
    }
    if (violates(error, "NOT NULL", "outbox_unsubscribes.topic")) {
      throw new OutboxError({ code: "unsubscribe_limit_reached", limit });
    }
    throw error;
  }
}

/**
 * Removes an unsubscribe, so that e-mails of the topic go to the address again. Without one it changes nothing.
 * @throws {OutboxError} `tenant_not_found`
 */
export async function removeUnsubscribe(
  tools: RegistryTools,
  tenantId: string,
  one: UnsubscribeInput,
): Promise<void> {
  const { db } = tools;
  const query = queryBuilder(db);
  const affected = oneIf(
    exists(query.select({ one: sql`1` }).from(unsubscribes).where(isOne(tenantId, one))),
  );
  const subject = { recipient: one.address, topic: one.topic };
  const [owner] = await inOneWrite(audited(tools, { tenantId, affected, subject }), [
    selectTenant(db, tenantId),
    query.delete(unsubscribes).where(isOne(tenantId, one)),
  ]);
  requireTenant(owner, tenantId);
}
