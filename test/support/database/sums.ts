import { env } from "cloudflare:workers";
import { SUM_FIELDS, type SumField } from "../../../src/domain/sums.ts";

const MINUTE = 60_000;
export const FIVE_MINUTES = 5 * MINUTE;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** A row of `outbox_sums`: of a tenant's endpoint, or of the deployment and a channel. */
export interface SumsRow {
  tenantId?: string;
  endpointId?: string;
  step?: number;
  at?: number;
  counts: Partial<Record<SumField, number>>;
}

/** Statement that adds a row of sums. */
export function insertSums({ tenantId = "", endpointId = "", step = FIVE_MINUTES, at = 0, counts }: SumsRow) {
  const fields = SUM_FIELDS.filter((field) => counts[field] !== undefined);
  return env.DB.prepare(
    `INSERT INTO outbox_sums (tenant_id, endpoint_id, step, at, ${fields.join(", ")})
     VALUES (?, ?, ?, ?, ${fields.map(() => "?").join(", ")})`,
  ).bind(tenantId, endpointId, step, at, ...fields.map((field) => counts[field] ?? 0));
}

/** Statement that fills a tenant's endpoint, or a channel of the deployment, with as many rows of a step. */
export function insertManySums({
  tenantId = "",
  endpointId,
  step,
  count,
  since = 0,
}: {
  tenantId?: string;
  endpointId: string;
  step: number;
  count: number;
  /** Number of the span before the first. Defaults to 0. */
  since?: number;
}) {
  return env.DB.prepare(
    `WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?4)
     INSERT INTO outbox_sums (tenant_id, endpoint_id, step, at, delivered, l3, d2) SELECT ?1, ?2, ?3, (?5 + n) * ?3, 1, 1, 1 FROM n`,
  ).bind(tenantId, endpointId, step, count, since);
}
