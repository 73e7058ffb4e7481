import { env } from "cloudflare:workers";
import type { RowOf } from "../../../src/db/row.ts";
import type { deliveries } from "../../../src/db/schema.ts";

export type DeliveryRow = RowOf<typeof deliveries>;

/** A tenant's deliveries as they stand in D1, in commit order. */
export async function deliveriesOf(tenantId: string): Promise<DeliveryRow[]> {
  const { results } = await env.DB.prepare(
    "SELECT * FROM outbox_deliveries WHERE tenant_id = ? ORDER BY seq, endpoint_id",
  )
    .bind(tenantId)
    .all<DeliveryRow>();
  return results;
}

export async function statesOf(tenantId: string): Promise<string[]> {
  return (await deliveriesOf(tenantId)).map(({ state }) => state);
}

/** How many rows of a table a tenant has. */
export async function countRows(
  table: "messages" | "deliveries" | "attempts" | "idempotency_keys",
  tenantId: string,
) {
  const row = await env.DB.prepare(`SELECT count(*) AS count FROM outbox_${table} WHERE tenant_id = ?`)
    .bind(tenantId)
    .first<{ count: number }>();
  return row?.count ?? 0;
}

const TABLES = [
  "endpoints",
  "messages",
  "deliveries",
  "idempotency_keys",
  "tokens",
  "event_types",
  "request_keys",
  "audit",
];
const COUNTS = ["tenants", ...TABLES].map((table) => `(SELECT count(*) FROM outbox_${table}) AS ${table}`);

/** How many rows there are of everything, of all tenants. */
export function countEverything() {
  return env.DB.prepare(`SELECT ${COUNTS.join(", ")}`).first<Record<string, number>>();
}

/** All that a tenant has, as text. */
export async function everythingOf(tenantId: string): Promise<string> {
  const results = await env.DB.batch([
    env.DB.prepare("SELECT * FROM outbox_tenants WHERE id = ?").bind(tenantId),
    ...TABLES.map((table) =>
      env.DB.prepare(`SELECT * FROM outbox_${table} WHERE tenant_id = ?`).bind(tenantId),
    ),
  ]);
  return JSON.stringify(results.map(({ results }) => results));
}

/** Rows that a query answers. */
export async function query<T>(sql: string, ...params: unknown[]): Promise<T[]> {
  const { results } = await env.DB.prepare(sql)
    .bind(...params)
    .all<T>();
  return results;
}

/** Sequence numbers of a tenant's messages, ascending. */
export async function keptSeqs(tenantId: string): Promise<number[]> {
  const rows = await query<{ seq: number }>(
    "SELECT seq FROM outbox_messages WHERE tenant_id = ? ORDER BY seq",
    tenantId,
  );
  return rows.map(({ seq }) => seq);
}

/** Number of messages that a tenant's purge under way has removed. */
export async function purgedOf(tenantId: string): Promise<number | undefined> {
  const [row] = await query<{ purged: number }>("SELECT purged FROM outbox_tenants WHERE id = ?", tenantId);
  return row?.purged;
}
