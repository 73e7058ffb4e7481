import type { Database, Statement } from "../db/database.ts";
import type { DeliveryTask } from "../relay/delivery-task.ts";
import type { Health } from "./health.ts";

/** Deliveries that an endpoint has answered with a 410. */
export interface Gone {
  leaseToken: string;
  seqs: readonly number[];
  /** Target that was called. */
  target: string;
}

/** SQL: the endpoint is enabled, its target is the called one, and one of the deliveries is leased. `gone`: JSON. */
export function isGone(tenantId: string, endpointId: string, gone: string): string {
  return `EXISTS (
    SELECT 1 FROM outbox_endpoints e, json_each(${gone}, '$.seqs') one
      CROSS JOIN outbox_deliveries d ON d.tenant_id = e.tenant_id AND d.seq = one.value AND d.endpoint_id = e.id
    WHERE e.tenant_id = ${tenantId} AND e.id = ${endpointId} AND e.state = 'enabled'
      AND e.target = ${gone} ->> 'target' AND d.lease_token = ${gone} ->> 'leaseToken')`;
}

/** Disables an endpoint after a 410, while `isGone` holds: in its batch it stands before the settling, which ends the lease. */
export function disableGone(db: Database, task: DeliveryTask, gone: Gone, now: number): Statement {
  return db
    .prepare(`
      UPDATE outbox_endpoints SET state = 'disabled', state_reason = 'gone', version = version + 1, updated_at = ?4
      WHERE tenant_id = ?1 AND id = ?2 AND ${isGone("?1", "?2", "?3")} RETURNING id`)
    .bind(task.tenantId, task.endpointId, JSON.stringify(gone), now);
}

/** SQL: the endpoint is enabled, and its health is this one. `health`: JSON. */
export function isAt(tenantId: string, endpointId: string, health: string): string {
  const columns: Record<keyof Health, string> = {
    failingSince: "failing_since",
    failedAt: "failed_at",
    windowFrom: "window_from",
    windowAttempts: "window_attempts",
    windowFailures: "window_failures",
    heldUntil: "held_until",
    holds: "holds",
  };
  const same = Object.entries(columns).map(([name, column]) => `e.${column} IS ${health} ->> '${name}'`);
  return `EXISTS (
    SELECT 1 FROM outbox_endpoints e
    WHERE e.tenant_id = ${tenantId} AND e.id = ${endpointId} AND e.state = 'enabled' AND ${same.join(" AND ")})`;
}

/** Disables an endpoint that has failed for too long, by the health that the batch has just written. */
export function disableFailing(db: Database, task: DeliveryTask, health: Health, now: number): Statement {
  return db
    .prepare(`
      UPDATE outbox_endpoints SET state = 'disabled', state_reason = 'failing', version = version + 1, updated_at = ?4
      WHERE tenant_id = ?1 AND id = ?2 AND ${isAt("?1", "?2", "?3")} RETURNING id`)
    .bind(task.tenantId, task.endpointId, JSON.stringify(health), now);
}
