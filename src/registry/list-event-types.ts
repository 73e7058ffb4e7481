import { and, desc, eq, isNotNull, isNull, sql } from "drizzle-orm";
import { type Database, queryBuilder } from "../db/database.ts";
import { requireTenant } from "../db/live-tenant.ts";
import { eventTypes } from "../db/schema.ts";
import { type CreatedCursor, type Page, type PageRequest, pageOf } from "../domain/page.ts";
import { limits } from "../platform/limits.ts";
import type { EventType } from "./event-types.ts";
import { selectTenant } from "./live-tenant.ts";
import { isAfter } from "./newest-first.ts";

export interface EventTypePageRequest extends PageRequest<CreatedCursor> {
  archived: boolean;
}

/**
 * A page of the tenant's event types, newest first: in use, or archived. A page with large schemas has fewer entries.
 * @throws {OutboxError} `tenant_not_found`
 */
export async function listEventTypes(
  db: Database,
  tenantId: string,
  page: EventTypePageRequest,
): Promise<Page<EventType, CreatedCursor>> {
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
  const [entries, [wantedCount], owner] = await query.batch([
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
    selectTenant(db, tenantId),
  ]);
  requireTenant(owner, tenantId);
  const hasMore = (wantedCount?.count ?? 0) > entries.length;
  return pageOf(entries, hasMore, ({ createdAt, name }) => ({ createdAt, id: name }));
}
