import type { Database, Statement } from "../db/database.ts";
import { type Disabling, stillDisables } from "../db/disabling.ts";
import { firstDueAt } from "../db/first-due.ts";
import { SENDING_STATE } from "../db/sending-state.ts";
import type { DeliveryTask } from "../relay/delivery-task.ts";
import type { Health } from "./health.ts";
import { HEALTH_COLUMNS } from "./rows.ts";

export function selectEndpointHealth(db: Database, task: DeliveryTask): Statement {
  return db
    .prepare(`
      SELECT ${SENDING_STATE} AS state,
        ${HEALTH_COLUMNS}, ${firstDueAt("?1", "?2")} AS due_at
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

/** Disables an endpoint, for the kind of the disabling as its reason, while the evidence holds. */
export function disableEndpoint(
  db: Database,
  task: DeliveryTask,
  disabling: Disabling,
  now: number,
): Statement {
  const holds = stillDisables(disabling, { tenantId: "?1", endpointId: "?2", disabling: "?3" });
  return db
    .prepare(`
      UPDATE outbox_endpoints SET state = 'disabled', state_reason = ?5, version = version + 1, updated_at = ?4
      WHERE tenant_id = ?1 AND id = ?2 AND ${holds} RETURNING id`)
    .bind(task.tenantId, task.endpointId, JSON.stringify(disabling), now, disabling.kind);
}
