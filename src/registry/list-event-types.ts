import { and, desc, eq, isNotNull, isNull, sql } from "drizzle-orm";
import { type Database, queryBuilder } from "../db/database.ts";
import { eventTypes, tenants } from "../db/schema.ts";
import { OutboxError } from "../platform/errors.ts";
import { limits } from "../platform/limits.ts";
import type { EventType } from "./event-types.ts";
import { isAfter, type NewestFirst } from "./newest-first.ts";

/**
 * A page of the tenant's event types, newest first: those in use, or those that are archived. A page with large schemas has fewer
 * of them.
 * @throws {OutboxError} `tenant_not_found`
 */
export async function listEventTypes(
  { db }: { db: Database },
  tenantId: string,
  page: NewestFirst & { archived: boolean },
): Promise<{ eventTypes: EventType[]; more: boolean }> {
  const query = queryBuilder(db);
  const order = [desc(eventTypes.createdAt), desc(eventTypes.name)];
  const bytes = sql`coalesce(octet_length(${eventTypes.schema}), 0)`;
  const wanted = query
    .select({
      name: eventTypes.name,
      bytesBefore: sql<number>`sum(${bytes}) OVER (ORDER BY ${order[0]}, ${order[1]}) - ${bytes}`.as(
        "bytes_before",
      ),
    })
    .from(eventTypes)
    .where(
      and(
        eq(eventTypes.tenantId, tenantId),
        page.archived ? isNotNull(eventTypes.archivedAt) : isNull(eventTypes.archivedAt),
        isAfter(eventTypes.createdAt, eventTypes.name, page),
      ),
    )
    .orderBy(...order)
    .limit(page.limit + 1)
    .as("wanted");
  const [found, [next], [owner]] = await query.batch([
    query
      .select()
      .from(eventTypes)
      .where(
        and(
          eq(eventTypes.tenantId, tenantId),
          sql`${eventTypes.name} IN (SELECT name FROM ${wanted} WHERE bytes_before < ${limits.schemaBytesPerPage})`,
        ),
      )
      .orderBy(...order)
      .limit(page.limit),
    query.select({ count: sql<number>`count(*)` }).from(wanted),
    query.select({ state: tenants.state }).from(tenants).where(eq(tenants.id, tenantId)),
  ]);
  if (!owner || owner.state === "deleted") throw new OutboxError({ code: "tenant_not_found", tenantId });
  return { eventTypes: found, more: (next?.count ?? 0) > found.length };
}
