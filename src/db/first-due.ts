/**
 * SQL: the due instant of an endpoint's first delivery; NULL when nothing waits. The leased and the pending are two
 * stretches of the due index: SQLite finds the first of each without reading on.
 */
export function firstDueAt(tenantId: string, endpointId: string): string {
  const firstOf = (state: "leased" | "pending") => `
    SELECT min(due_at) AS due_at FROM outbox_deliveries INDEXED BY outbox_deliveries_due
    WHERE tenant_id = ${tenantId} AND endpoint_id = ${endpointId} AND state = '${state}' AND due_at IS NOT NULL AND behind = 0`;
  return `(SELECT min(due_at) FROM (${firstOf("leased")} UNION ALL ${firstOf("pending")}))`;
}

/** SQL: the instant from which the relay may serve an endpoint `e` again, as `readyAt` computes it. */
export const SERVABLE_AT = `max(coalesce(e.held_until, 0), iif(e.held_until IS NULL, 0, coalesce(e.probe_until, 0)),
  coalesce(e.paced_to + max(1000, 1000.0 / e.rate_limit), 0))`;
