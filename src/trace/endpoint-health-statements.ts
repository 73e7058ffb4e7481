import type { Database, Statement } from "../db/database.ts";
import { firstWaitingAt, SERVABLE_AT } from "../db/first-due.ts";
import { columnsOf, type RowOf } from "../db/row.ts";
import type { endpoints } from "../db/schema.ts";
import { SENDING_STATE } from "../db/sending-state.ts";
import { limits } from "../platform/limits.ts";

const OF_HEALTH = [
  "channel",
  "state_reason",
  "failing_since",
  "failed_at",
  "window_from",
  "window_attempts",
  "window_failures",
  "held_until",
  "holds",
] as const;

/** Health of an endpoint, and what waits for it. `state`: a paused tenant pauses it. Counts end at `waitingCounted`. */
export interface EndpointHealthRow extends RowOf<typeof endpoints, "state" | (typeof OF_HEALTH)[number]> {
  due: number;
  later: number;
  under_way: number;
  behind: number;
  blocked_keys: number;
  late_at: number | null;
}

/** Reads at most so many entries of each kind, whatever the endpoint's backlog is. */
export function selectHealth(db: Database, tenantId: string, endpointId: string, now: number): Statement {
  const stretch = (condition: string) => `(
    SELECT count(*) FROM (
      SELECT 1 FROM outbox_deliveries INDEXED BY outbox_deliveries_due
      WHERE tenant_id = ?1 AND endpoint_id = ?2 AND due_at IS NOT NULL AND behind = 0 AND ${condition} LIMIT ?4))`;
  const servable = `max(${firstWaitingAt("?1", "?2", "?3")}, ${SERVABLE_AT})`;
  return db
    .prepare(`
      SELECT ${SENDING_STATE} AS state, ${columnsOf<typeof endpoints>("e", OF_HEALTH)},
        ${stretch("state = 'pending' AND due_at <= ?3")} AS due,
        ${stretch("state = 'pending' AND due_at > ?3")} AS later,
        ${stretch("state = 'leased'")} AS under_way,
        (SELECT count(*) FROM (
          SELECT 1 FROM outbox_deliveries INDEXED BY outbox_deliveries_key
          WHERE tenant_id = ?1 AND endpoint_id = ?2 AND blocks = 1 AND behind = 1 LIMIT ?4)) AS behind,
        (SELECT count(DISTINCT ordering_key) FROM (
          SELECT ordering_key FROM outbox_deliveries INDEXED BY outbox_deliveries_endpoint_dead_heads
          WHERE tenant_id = ?1 AND endpoint_id = ?2 AND state = 'dead' AND blocks = 1 LIMIT ?4)) AS blocked_keys,
        iif(${SENDING_STATE} = 'enabled' AND ${servable} <= ?3, ${servable}, NULL) AS late_at
      FROM outbox_endpoints e JOIN outbox_tenants t ON t.id = e.tenant_id
      WHERE e.tenant_id = ?1 AND e.id = ?2 AND e.state <> 'deleted' AND t.state <> 'deleted'`)
    .bind(tenantId, endpointId, now, limits.waitingCounted);
}
