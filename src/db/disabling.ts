import type { EndpointState } from "../domain/states.ts";
import { HEALTH_FIELDS, healthColumn, type StoredHealth } from "./endpoint-health.ts";

/**
 * Reason why an endpoint disables itself, and evidence that must still hold: `gone`, a 410 of this target to deliveries under
 * this lease; `failing`, nothing but failures for too long, by this health.
 */
export type Disabling =
  | { kind: "gone"; leaseToken: string; seqs: readonly number[]; target: string }
  | { kind: "failing"; health: StoredHealth };

/** Parameters of a statement, as its SQL names them. `evidence`: the `Disabling`, or an object with the `health`, as JSON. */
interface Parameters {
  tenantId: string;
  endpointId: string;
  evidence: string;
}

/** SQL: the endpoint is enabled, and the evidence holds. */
export function stillDisables(disabling: Disabling, at: Parameters): string {
  if (disabling.kind === "failing") return hasHealth(at, ["enabled"]);
  return `EXISTS (
    SELECT 1 FROM outbox_endpoints e, json_each(${at.evidence}, '$.seqs') one
      CROSS JOIN outbox_deliveries d ON d.tenant_id = e.tenant_id AND d.seq = one.value AND d.endpoint_id = e.id
    WHERE ${isIn(["enabled"], at)} AND e.target = ${at.evidence} ->> 'target' AND d.lease_token = ${at.evidence} ->> 'leaseToken')`;
}

/** SQL: the endpoint is in one of these states, and has the health of the evidence. */
export function hasHealth(at: Parameters, states: readonly EndpointState[]): string {
  const same = HEALTH_FIELDS.map(
    (field) => `e.${healthColumn(field)} IS ${at.evidence} ->> '$.health.${field}'`,
  );
  return `EXISTS (SELECT 1 FROM outbox_endpoints e WHERE ${isIn(states, at)} AND ${same.join(" AND ")})`;
}

function isIn(states: readonly EndpointState[], { tenantId, endpointId }: Parameters): string {
  const names = states.map((state) => `'${state}'`).join(", ");
  return `e.tenant_id = ${tenantId} AND e.id = ${endpointId} AND e.state IN (${names})`;
}
