import { isFailing } from "./failing-endpoint.ts";

/** Partial index by tenant, and the condition of its entries. */
interface PartialIndex {
  table: "outbox_deliveries" | "outbox_endpoints";
  index: string;
  entry: string;
}

const table = "outbox_deliveries";
export const DUE: PartialIndex = {
  table,
  index: "outbox_deliveries_due",
  entry: "due_at IS NOT NULL AND behind = 0",
};
/** Deliveries that block their key. */
export const KEYED: PartialIndex = { table, index: "outbox_deliveries_key", entry: "blocks = 1" };
export const DEAD: PartialIndex = { table, index: "outbox_deliveries_dead", entry: "state = 'dead'" };
export const DEAD_HEADS: PartialIndex = {
  table,
  index: "outbox_deliveries_dead_heads",
  entry: "state = 'dead' AND blocks = 1",
};
export const DEAD_HEADS_OF_ENDPOINTS: PartialIndex = {
  table,
  index: "outbox_deliveries_endpoint_dead_heads",
  entry: DEAD_HEADS.entry,
};

/** Endpoints that fail, in one of the states of the index. */
export function failingIn(state: "enabled" | "disabled"): PartialIndex {
  return {
    table: "outbox_endpoints",
    index: "outbox_endpoints_failing",
    entry: `state = '${state}' AND (${isFailing()})`,
  };
}

/** SQL: the first value of a column in the index, after some condition. NULL for none. */
function firstIn({ table, index, entry }: PartialIndex, column: string, where = ""): string {
  return `(SELECT min(${column}) FROM ${table} INDEXED BY ${index} WHERE ${where} ${entry})`;
}

/**
 * SQL: a CTE that hops through an index, from tenant to tenant with an entry, whatever the number of entries. Its last row is
 * NULL, unless it ends before. `most`: SQL of the number of rows at which it ends. Defaults to no end.
 */
export function hoppingTenants(name: string, index: PartialIndex, most?: string): string {
  return `
    ${name}(tenant_id) AS (
      SELECT ${firstIn(index, "tenant_id")} UNION ALL
      SELECT ${firstIn(index, "tenant_id", `tenant_id > ${name}.tenant_id AND`)}
      FROM ${name} WHERE ${name}.tenant_id IS NOT NULL ${most === undefined ? "" : `LIMIT ${most}`})`;
}

/** SQL: CTEs that hop from tenant to tenant, and within each from endpoint to endpoint with an entry. `most`: as of tenants. */
export function hoppingEndpoints(name: string, index: PartialIndex, most?: string): string {
  const first = (where: string) => firstIn(index, "endpoint_id", where);
  const end = most === undefined ? "" : `LIMIT ${most}`;
  return `
    ${hoppingTenants(`${name}_tenants`, index, most)},
    ${name}(tenant_id, endpoint_id) AS (
      SELECT tenant_id, ${first(`tenant_id = ${name}_tenants.tenant_id AND`)}
      FROM ${name}_tenants WHERE tenant_id IS NOT NULL UNION ALL
      SELECT tenant_id, ${first(`tenant_id = ${name}.tenant_id AND endpoint_id > ${name}.endpoint_id AND`)}
      FROM ${name} WHERE ${name}.endpoint_id IS NOT NULL ${end})`;
}
