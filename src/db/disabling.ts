import { HEALTH_FIELDS, healthColumn, type StoredHealth } from "./endpoint-health.ts";

/**
 * Reason why an endpoint disables itself, and evidence that must still hold: `gone`, a 410 of this target to deliveries under
 * this lease; `failing`, nothing but failures for too long, by this health.
 */
export type Disabling =
  | { kind: "gone"; leaseToken: string; seqs: readonly number[]; target: string }
  | { kind: "failing"; health: StoredHealth };

/** Parameters of a statement, as its SQL names them. `disabling`: the `Disabling` as JSON. */
interface Parameters {
  tenantId: string;
  endpointId: string;
  disabling: string;
}

/** SQL: the endpoint is enabled, and the evidence holds. */
export function stillDisables(disabling: Disabling, at: Parameters): string {
  const enabled = `e.tenant_id = ${at.tenantId} AND e.id = ${at.endpointId} AND e.state = 'enabled'`;
  if (disabling.kind === "gone") {
    return `EXISTS (
      SELECT 1 FROM outbox_endpoints e, json_each(${at.disabling}, '$.seqs') one
        CROSS JOIN outbox_deliveries d ON d.tenant_id = e.tenant_id AND d.seq = one.value AND d.endpoint_id = e.id
      WHERE ${enabled} AND e.target = ${at.disabling} ->> 'target' AND d.lease_token = ${at.disabling} ->> 'leaseToken')`;
  }
  const same = HEALTH_FIELDS.map(
    (field) => `e.${healthColumn(field)} IS ${at.disabling} ->> '$.health.${field}'`,
  );
  return `EXISTS (SELECT 1 FROM outbox_endpoints e WHERE ${enabled} AND ${same.join(" AND ")})`;
}
