import { eq, sql } from "drizzle-orm";
import { type Database, queryBuilder } from "../db/database.ts";
import { deliveries } from "../db/schema.ts";

/**
 * The dead deliveries of an endpoint, or of all endpoints of a tenant, no longer block their keys. Follows, in the same
 * batch, what takes the strict order away: if that changed nothing, this does not either. The index is named, or SQLite
 * would read all that waits.
 */
export function releaseDeadHeads(db: Database, tenantId: string, endpointId: string | null) {
  const deadHeads = sql`(
    SELECT seq, endpoint_id FROM outbox_deliveries INDEXED BY outbox_deliveries_dead_heads
    WHERE tenant_id = ${tenantId} AND state = 'dead' AND blocks = 1
      AND (${endpointId} IS NULL OR endpoint_id = ${endpointId})
      AND (SELECT ordering FROM outbox_endpoints e WHERE e.tenant_id = ${tenantId} AND e.id = endpoint_id) = 'lenient')`;
  return queryBuilder(db)
    .update(deliveries)
    .set({ blocks: 0 })
    .where(sql`${eq(deliveries.tenantId, tenantId)} AND (seq, endpoint_id) IN ${deadHeads}`);
}
