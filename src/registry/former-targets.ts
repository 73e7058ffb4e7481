import { and, eq, sql } from "drizzle-orm";
import { type Database, queryBuilder } from "../db/database.ts";
import { endpoints, formerTargets } from "../db/schema.ts";
import { limits } from "../platform/limits.ts";

/**
 * Statements that keep the target of an endpoint for its attempts on record, before another one is written: of the last
 * changes alone, as nobody limits their number.
 * @param version of the endpoint that is about to change
 */
export function keepTarget(db: Database, tenantId: string, id: string, version: number) {
  const query = queryBuilder(db);
  const { tenantId: tenant, endpointId } = formerTargets;
  const ofEndpoint = and(eq(tenant, tenantId), eq(endpointId, id));
  const next = sql<number>`(SELECT coalesce(max(version), 0) + 1 FROM outbox_former_targets WHERE ${ofEndpoint})`;
  const keep = query.insert(formerTargets).select(
    query
      .select({
        tenantId: endpoints.tenantId,
        endpointId: endpoints.id,
        version: endpoints.version,
        firstVersion: next.as("first_version"),
        target: endpoints.target,
      })
      .from(endpoints)
      .where(and(eq(endpoints.tenantId, tenantId), eq(endpoints.id, id), eq(endpoints.version, version))),
  );
  const forget = query.delete(formerTargets).where(
    and(
      ofEndpoint,
      sql`version <= (
        SELECT version FROM outbox_former_targets WHERE ${ofEndpoint}
        ORDER BY version DESC LIMIT 1 OFFSET ${limits.formerTargets})`,
    ),
  );
  return [keep, forget] as const;
}
