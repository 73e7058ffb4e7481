import { and, eq, ne, sql } from "drizzle-orm";
import { type Database, queryBuilder } from "../db/database.ts";
import { endpoints } from "../db/schema.ts";
import { isSystemEvent } from "../domain/system-events.ts";
import { OutboxError } from "../platform/errors.ts";
import { limits } from "../platform/limits.ts";

/**
 * Refuses a system event that the largest number of endpoints receive already: each failing delivery is announced to
 * all of them, and never to more.
 * @param endpointId the endpoint that subscribes; undefined when it is new
 * @throws {OutboxError} `invalid_input`
 */
export async function refuseListeners(
  db: Database,
  tenantId: string,
  names: readonly string[],
  endpointId?: string,
): Promise<void> {
  const wanted = names.filter(isSystemEvent);
  if (wanted.length === 0) return;
  const listening = await queryBuilder(db)
    .select({ name: sql<string>`heard.value`, count: sql<number>`count(*)` })
    .from(sql`${endpoints}, json_each(${endpoints.eventTypes}) heard`)
    .where(
      and(
        eq(endpoints.tenantId, tenantId),
        ne(endpoints.id, endpointId ?? ""),
        sql`${endpoints.state} <> 'deleted'`,
        sql`heard.value IN (SELECT value FROM json_each(${JSON.stringify(wanted)}))`,
      ),
    )
    .groupBy(sql`heard.value`);
  const full = listening.filter(({ count }) => count >= limits.listenersPerSystemEvent);
  if (full.length === 0) return;
  const fields = full.map(({ name }) => ({
    path: `eventTypes[${names.indexOf(name)}]`,
    message: `is a system event that ${limits.listenersPerSystemEvent} endpoints of this tenant receive, the most that may; leave it out, or remove it from another endpoint`,
  }));
  throw new OutboxError({ code: "invalid_input", fields });
}
