import type { Database, Statement } from "../db/database.ts";
import { firstDueAt } from "../db/first-due.ts";
import type { Pace } from "../domain/pace.ts";
import type { EndpointState } from "../domain/states.ts";
import type { DeliveryTask } from "../relay/delivery-task.ts";
import type { Health } from "./health.ts";

/** How an endpoint stands: its state, its health, and when its next delivery is due. */
export interface Standing extends Omit<Pace, "due_at"> {
  state: EndpointState;
  due_at: number | null;
  /** Where it is now: an attempt at another target says nothing of it. */
  target: string;
  failing_since: number | null;
  failed_at: number | null;
  window_from: number | null;
  window_attempts: number;
  window_failures: number;
  holds: number;
}

export function selectStanding(db: Database, task: DeliveryTask): Statement {
  return db
    .prepare(`
      SELECT iif(t.state = 'paused' AND e.state = 'enabled', 'paused', e.state) AS state,
        e.target, e.rate_limit, e.paced_to, e.held_until, e.probe_until, e.failing_since, e.failed_at,
        e.window_from, e.window_attempts, e.window_failures, e.holds,
        ${firstDueAt("?1", "?2")} AS due_at
      FROM outbox_endpoints e JOIN outbox_tenants t ON t.id = e.tenant_id WHERE e.tenant_id = ?1 AND e.id = ?2`)
    .bind(task.tenantId, task.endpointId);
}

const AS_READ = `
  failing_since IS ?3 AND failed_at IS ?4 AND held_until IS ?5 AND holds = ?6
  AND window_from IS ?7 AND window_attempts = ?8 AND window_failures = ?9`;

function healthParams(health: Health) {
  const { failingSince, failedAt, heldUntil, holds, windowFrom, windowAttempts, windowFailures } = health;
  return [failingSince, failedAt, heldUntil, holds, windowFrom, windowAttempts, windowFailures];
}

/** Changes nothing when somebody else has changed it since it was read. */
export function updateHealth(db: Database, task: DeliveryTask, read: Health, next: Health): Statement {
  return db
    .prepare(`
      UPDATE outbox_endpoints
      SET failing_since = ?10, failed_at = ?11, held_until = ?12, holds = ?13,
        window_from = ?14, window_attempts = ?15, window_failures = ?16, probe_until = NULL
      WHERE tenant_id = ?1 AND id = ?2 AND ${AS_READ}
      RETURNING id`)
    .bind(task.tenantId, task.endpointId, ...healthParams(read), ...healthParams(next));
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

/** Nothing but failures for too long, by the health that was just written. What waits stays, until somebody enables or deletes it. */
export function disableFailing(db: Database, task: DeliveryTask, health: Health, now: number): Statement {
  return db
    .prepare(`
      UPDATE outbox_endpoints SET state = 'disabled', state_reason = 'failing', version = version + 1, updated_at = ?4
      WHERE tenant_id = ?1 AND id = ?2 AND ${isAt("?1", "?2", "?3")} RETURNING id`)
    .bind(task.tenantId, task.endpointId, JSON.stringify(health), now);
}
