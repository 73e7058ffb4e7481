import type { Database, Statement } from "../db/database.ts";
import { messageKey } from "../db/message-key.ts";
import { columnsOf, type RowOf } from "../db/row.ts";
import type { endpoints } from "../db/schema.ts";
import { SENDING_STATE } from "../db/sending-state.ts";
import { ADD_UP, COUNT_OUTCOMES, sinceCommit, spanOf } from "../db/sums.ts";
import { SUM_STEPS_MS } from "../domain/sums.ts";
import { limits } from "../platform/limits.ts";
import { type SumRow, UNSUMMED } from "./series-statements.ts";

const [SHORTEST_MS, HOUR_MS] = SUM_STEPS_MS;

/** Health of an endpoint on a page. `state`: a paused tenant pauses it. `waiting` ends at `waitingSummed`. */
export interface HealthSummaryRow
  extends RowOf<typeof endpoints, "id" | "channel" | "state" | "failing_since" | "failed_at" | "held_until"> {
  waiting: number;
}

/** Sums of an endpoint by hours. */
export type EndpointSumRow = SumRow & { endpoint_id: string };

/** Endpoints of a page in a span of time. */
interface SummedEndpoints {
  tenantId: string;
  ids: readonly string[];
  since: number;
  until: number;
}

/** Reads at most so many entries of what waits for each endpoint. */
export function selectHealthSummaries(db: Database, tenantId: string, ids: readonly string[]): Statement {
  return db
    .prepare(`
      SELECT e.id, ${SENDING_STATE} AS state, ${columnsOf<typeof endpoints>("e", ["channel", "failing_since", "failed_at", "held_until"])},
        (SELECT count(*) FROM (
          SELECT 1 FROM outbox_deliveries INDEXED BY outbox_deliveries_due
          WHERE tenant_id = ?1 AND endpoint_id = e.id AND due_at IS NOT NULL AND behind = 0
          UNION ALL
          SELECT 1 FROM outbox_deliveries INDEXED BY outbox_deliveries_key
          WHERE tenant_id = ?1 AND endpoint_id = e.id AND blocks = 1 AND behind = 1
          LIMIT ?3)) AS waiting
      FROM json_each(?2) wanted CROSS JOIN outbox_endpoints e ON e.tenant_id = ?1 AND e.id = wanted.value
        CROSS JOIN outbox_tenants t ON t.id = e.tenant_id`)
    .bind(tenantId, JSON.stringify(ids), limits.waitingSummed);
}

/** Sums of each endpoint by hours: as many rows are read as there are spans of five minutes. */
export function selectSumsByEndpoint(
  db: Database,
  { tenantId, ids, since, until }: SummedEndpoints,
): Statement {
  const at = spanOf("s.at", HOUR_MS);
  return db
    .prepare(`
      SELECT s.endpoint_id, ${at} AS at, ${ADD_UP}
      FROM json_each(?2) wanted CROSS JOIN outbox_sums s ON s.tenant_id = ?1 AND s.endpoint_id = wanted.value
        AND s.step = ${SHORTEST_MS} AND s.at >= ?3 AND s.at < ?4
      GROUP BY s.endpoint_id, ${at}`)
    .bind(tenantId, JSON.stringify(ids), since, until);
}

/** Outcomes that are not in the sums yet, by endpoint and hour. */
export function selectUnsummedByEndpoint(
  db: Database,
  { tenantId, ids, since, until }: SummedEndpoints,
): Statement {
  const at = spanOf("ended_at", HOUR_MS);
  return db
    .prepare(`
      WITH ${UNSUMMED},
      counted AS MATERIALIZED (
        SELECT endpoint_id, ${at} AS at, 'delivered' AS outcome, http_status, NULL AS error, duration_ms,
          iif(was_dead, NULL, ${sinceCommit("ended_at")}) AS latency_ms
        FROM once CROSS JOIN outbox_messages m ON m.id = ${messageKey("?1", "once.seq")}
        WHERE ended_at >= ?3 AND ended_at < ?4 AND endpoint_id IN (SELECT value FROM json_each(?6)))
      SELECT endpoint_id, at, ${COUNT_OUTCOMES} FROM counted GROUP BY endpoint_id, at`)
    .bind(tenantId, null, since, until, limits.unsummedCounted.brief, JSON.stringify(ids));
}
