import {
  DURATION_BOUNDS_MS,
  DURATION_FIELDS,
  FAILURE_CLASSES,
  type FailureClass,
  LATENCY_BOUNDS_MS,
  LATENCY_FIELDS,
  RETURNED_FIELDS,
  SUM_FIELDS,
  type SumField,
} from "../domain/sums.ts";

const KEY = ["tenant_id", "endpoint_id", "step", "at"] as const;

/**
 * SQL: adds rows to the sums. `rows` selects the columns of the key and those that count, by these names; a row whose key exists
 * is added to.
 */
export function addToSums(rows: string): string {
  const columns = [...KEY, ...SUM_FIELDS].join(", ");
  const added = SUM_FIELDS.map((field) => `${field} = ${field} + excluded.${field}`);
  // Without a WHERE, SQLite takes ON for the condition of a join.
  return `INSERT INTO outbox_sums (${columns})
    SELECT ${columns} FROM (${rows}) WHERE true
    ON CONFLICT DO UPDATE SET ${added.join(", ")}`;
}

/** Columns of an attempt, or of a delivery that died untried, by which it is counted. `latency_ms`: NULL is not counted. */
type CountedColumn = "outcome" | "http_status" | "error" | "duration_ms" | "latency_ms";

/** Errors of attempts that did not reach the other side. */
const UNREACHED = ["dns", "refused", "tls", "connection_lost", "unreachable", "network"];

/** SQL: conditions of the classes, from the first to the last that is not `other`. */
const CLASS_CONDITIONS: Record<Exclude<FailureClass, "other">, string> = {
  timed_out: "error = 'timeout'",
  throttled: "http_status = 429",
  redirected: "http_status BETWEEN 300 AND 399",
  refused: "http_status BETWEEN 400 AND 499",
  failed: "http_status >= 500",
  unreached: `http_status IS NULL AND error IN (${UNREACHED.map((error) => `'${error}'`).join(", ")})`,
};

/** SQL: class of a failed attempt. */
const FAILURE_CLASS = `CASE ${Object.entries(CLASS_CONDITIONS)
  .map(([name, condition]) => `WHEN ${condition} THEN '${name}'`)
  .join(" ")} ELSE 'other' END`;

function histogram(column: CountedColumn, fields: readonly SumField[], bounds: readonly number[]) {
  return fields.map((field, n) => {
    const above = n === 0 ? `${column} IS NOT NULL` : `${column} > ${bounds[n - 1]}`;
    const within = n === bounds.length ? above : `${above} AND ${column} <= ${bounds[n]}`;
    return [field, `sum((${within}) IS TRUE)`] as const;
  });
}

/** SQL: how each field is made from rows with the columns `CountedColumn`. */
const COUNTS: Readonly<Record<SumField, string>> = {
  committed: "0",
  delivered: "sum(outcome = 'delivered')",
  retried: "sum(outcome = 'retry')",
  dead: "sum(outcome = 'dead')",
  ...(Object.fromEntries([
    ...RETURNED_FIELDS.map((field) => [field, "0"]),
    ...FAILURE_CLASSES.map((name) => [name, `sum(outcome <> 'delivered' AND ${FAILURE_CLASS} = '${name}')`]),
    ...histogram("latency_ms", LATENCY_FIELDS, LATENCY_BOUNDS_MS),
    ...histogram("duration_ms", DURATION_FIELDS, DURATION_BOUNDS_MS),
  ]) as Record<Exclude<SumField, "committed" | "delivered" | "retried" | "dead">, string>),
};

/** SQL: columns that count a group of attempts, or of messages. */
export const COUNT_OUTCOMES = SUM_FIELDS.map((field) => `${COUNTS[field]} AS ${field}`).join(", ");
export const COUNT_COMMITTED = SUM_FIELDS.map((field) =>
  field === "committed" ? "count(*) AS committed" : `0 AS ${field}`,
).join(", ");

/** SQL: columns that count a group of events of e-mails, by their status. */
export const COUNT_RETURNED = SUM_FIELDS.map((field) =>
  RETURNED_FIELDS.some((one) => one === field) ? `sum(status = '${field}') AS ${field}` : `0 AS ${field}`,
).join(", ");

/** SQL: columns that add up a group of sums. */
export const ADD_UP = SUM_FIELDS.map((field) => `sum(${field}) AS ${field}`).join(", ");

/** SQL: beginning of the span that an instant is in. The remainder is an integer even where D1 binds the instant as a double. */
export function spanOf(instant: string, stepMs: number): string {
  return `(${instant}) - (${instant}) % ${stepMs}`;
}

/**
 * SQL: a CTE `summed` of the endpoints of `tenants` that have sums, and of the empty one of a tenant, found by hopping through the
 * key: a row read for each.
 */
export function endpointsWithSums(tenants: string): string {
  const next = (above: string) => `(SELECT min(endpoint_id) FROM outbox_sums WHERE ${above})`;
  return `
    hops(tenant_id, endpoint_id) AS (
      SELECT tenant.value, ${next("tenant_id = tenant.value")} FROM (${tenants}) tenant
      UNION ALL
      SELECT tenant_id, ${next("tenant_id = hops.tenant_id AND endpoint_id > hops.endpoint_id")}
      FROM hops WHERE endpoint_id IS NOT NULL),
    summed AS (SELECT tenant_id, endpoint_id FROM hops WHERE endpoint_id IS NOT NULL)`;
}

/** SQL: time of a delivery's end since the commit of its message `m`, or since `deliverAt`. */
export function sinceCommit(endedAt: string): string {
  return `max((${endedAt}) - max(m.committed_at, coalesce(m.deliver_at, 0)), 0)`;
}
