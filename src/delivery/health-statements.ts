import type { Database, Statement } from "../db/database.ts";
import { firstDueAt } from "../db/first-due.ts";
import type { DeliveryTask } from "../relay/delivery-task.ts";
import type { Health } from "./health.ts";

export function selectEndpointHealth(db: Database, task: DeliveryTask): Statement {
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

/** Changes nothing if the health was changed since it was read. */
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
