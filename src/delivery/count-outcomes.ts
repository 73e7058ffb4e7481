import type { Database, Statement } from "../db/database.ts";
import { messageKey } from "../db/message-key.ts";
import { addToSums, COUNT_OUTCOMES, sinceCommit, spanOf } from "../db/sums.ts";
import { SUM_STEPS_MS } from "../domain/sums.ts";
import type { DeliveryTask } from "../relay/delivery-task.ts";
import type { Verdict } from "./verdict.ts";

/** Made once, and without indentation: every settling sends it to D1. */
const COUNT = addToSums(`
      WITH counted AS MATERIALIZED (
        SELECT coalesce(v.value ->> 'outcome', 'dead') AS outcome, v.value ->> 'httpStatus' AS http_status,
          v.value ->> 'error' AS error, v.value ->> 'durationMs' AS duration_ms,
          iif(v.value ->> 'state' = 'delivered' AND d.schedule_from = 0 AND d.was_dead = 0,
            ${sinceCommit("v.value ->> 'settledAt'")}, NULL) AS latency_ms
        FROM json_each(?4) v
          CROSS JOIN outbox_deliveries d ON d.tenant_id = ?1 AND d.seq = v.value ->> 'seq' AND d.endpoint_id = ?2
          CROSS JOIN outbox_messages m ON m.id = ${messageKey("?1", "d.seq")}
        WHERE d.lease_token = ?3 AND (v.value ->> 'outcome' IS NOT NULL OR v.value ->> 'state' = 'dead')
          AND NOT (v.value ->> 'state' = 'delivered' AND d.attempts = 0
            AND d.seq > (SELECT summed_to FROM outbox_tenants WHERE id = ?1)))
      SELECT sums.tenant_id, sums.endpoint_id, ${SUM_STEPS_MS[0]} AS step, ${spanOf("?5", SUM_STEPS_MS[0])} AS at, ${COUNT_OUTCOMES}
      FROM counted CROSS JOIN (
        SELECT ?1 AS tenant_id, ?2 AS endpoint_id
        UNION ALL SELECT '', channel FROM outbox_endpoints WHERE tenant_id = ?1 AND id = ?2) sums
      GROUP BY sums.tenant_id, sums.endpoint_id`).replace(/\s+/g, " ");

/**
 * Adds outcomes to the sums of the endpoint and of the deployment, fenced by the lease. A first attempt that delivers is left to
 * the cron, which counts many at once, unless its round has passed by already: so the usual delivery writes no row here.
 * A delivery that a person has replayed or retried has no time since its commit that would tell anything.
 */
export function countOutcomes(
  db: Database,
  task: DeliveryTask,
  verdicts: readonly Verdict[],
  now: number,
): Statement {
  const counted = JSON.stringify(verdicts.map(countedOf));
  return db.prepare(COUNT).bind(task.tenantId, task.endpointId, task.leaseToken, counted, now);
}

/** The part of a verdict that is counted. */
function countedOf({ seq, state, settledAt, attempt }: Verdict) {
  const { outcome, httpStatus, error, durationMs } = attempt ?? {};
  return { seq, state, settledAt, outcome, httpStatus, error, durationMs };
}
