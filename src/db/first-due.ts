/**
 * SQL: the due instant of an endpoint's first delivery; NULL when nothing waits. The leased and the pending are two
 * stretches of the due index: SQLite finds the first of each without reading on.
 */
export function firstDueAt(tenantId: string, endpointId: string): string {
  const of = (state: "leased" | "pending") => firstOf(state, tenantId, endpointId);
  return `(SELECT min(due_at) FROM (${of("leased")} UNION ALL ${of("pending")}))`;
}

/** SQL: the due instant of the first that is not under way at `now`: it is pending, or its lease has ended. NULL for none. */
export function firstWaitingAt(tenantId: string, endpointId: string, now: string): string {
  const of = (state: "leased" | "pending") => firstOf(state, tenantId, endpointId);
  return `(SELECT min(due_at) FROM (${of("leased")} AND due_at <= ${now} UNION ALL ${of("pending")}))`;
}

function firstOf(state: "leased" | "pending", tenantId: string, endpointId: string): string {
  return `
    SELECT min(due_at) AS due_at FROM outbox_deliveries INDEXED BY outbox_deliveries_due
    WHERE tenant_id = ${tenantId} AND endpoint_id = ${endpointId} AND state = '${state}' AND due_at IS NOT NULL AND behind = 0`;
}

/** SQL: the instant from which the relay may serve an endpoint `e` again, as `readyAt` computes it. */
export const SERVABLE_AT = `max(coalesce(e.held_until, 0), iif(e.held_until IS NULL, 0, coalesce(e.probe_until, 0)),
  coalesce(e.paced_to + max(1000, 1000.0 / e.rate_limit), 0))`;
