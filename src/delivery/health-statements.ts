import type { Database, Statement } from "../db/database.ts";
import { type Disabling, stillDisables } from "../db/disabling.ts";
import { HEALTH_FIELDS, healthColumn } from "../db/endpoint-health.ts";
import { firstWaitingAt } from "../db/first-due.ts";
import { SENDING_STATE } from "../db/sending-state.ts";
import type { DeliveryTask } from "../relay/delivery-task.ts";
import type { Health } from "./health.ts";
import { ENDPOINT_HEALTH_COLUMNS } from "./rows.ts";

export function selectEndpointHealth(db: Database, task: DeliveryTask, now: number): Statement {
  return db
    .prepare(`
      SELECT ${SENDING_STATE} AS state, ${ENDPOINT_HEALTH_COLUMNS}, ${firstWaitingAt("?1", "?2", "?3")} AS due_at
      FROM outbox_endpoints e JOIN outbox_tenants t ON t.id = e.tenant_id WHERE e.tenant_id = ?1 AND e.id = ?2`)
    .bind(task.tenantId, task.endpointId, now);
}

/**
 * Changes nothing if the health was changed since it was read. Only fields that change are assigned, as an index with an
 * assigned column is written again.
 */
export function updateHealth(db: Database, task: DeliveryTask, read: Health, next: Health): Statement {
  const changed = HEALTH_FIELDS.filter((field) => next[field] !== read[field]);
  const change = changed.map((field, n) => `${healthColumn(field)} = ?${3 + n}, `);
  const asRead = HEALTH_FIELDS.map((field, n) => `${healthColumn(field)} IS ?${3 + changed.length + n}`);
  return db
    .prepare(`
      UPDATE outbox_endpoints SET ${change.join("")}probe_until = NULL
      WHERE tenant_id = ?1 AND id = ?2 AND ${asRead.join(" AND ")}
      RETURNING id`)
    .bind(
      task.tenantId,
      task.endpointId,
      ...changed.map((field) => next[field]),
      ...HEALTH_FIELDS.map((field) => read[field]),
    );
}

/** Disables an endpoint, for the kind of the disabling as its reason, while the evidence holds. */
export function disableEndpoint(
  db: Database,
  task: DeliveryTask,
  disabling: Disabling,
  now: number,
): Statement {
  const holds = stillDisables(disabling, { tenantId: "?1", endpointId: "?2", evidence: "?3" });
  return db
    .prepare(`
      UPDATE outbox_endpoints SET state = 'disabled', state_reason = ?5, version = version + 1, updated_at = ?4
      WHERE tenant_id = ?1 AND id = ?2 AND ${holds} RETURNING id`)
    .bind(task.tenantId, task.endpointId, JSON.stringify(disabling), now, disabling.kind);
}
