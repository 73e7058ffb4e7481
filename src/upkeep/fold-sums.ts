import type { Database, Statement } from "../db/database.ts";
import { ADD_UP, addToSums, endpointsWithSums, spanOf } from "../db/sums.ts";
import { SUM_STEPS_MS } from "../domain/sums.ts";
import { limits } from "../platform/limits.ts";

const [SHORTEST_MS, HOUR_MS, DAY_MS] = SUM_STEPS_MS;

/** SQL: sums of one length from before an instant, of some tenants, or of the deployment, whose id is empty. */
const OLD = `
  WITH RECURSIVE ${endpointsWithSums("SELECT value FROM json_each(?1)")},
  old AS MATERIALIZED (
    SELECT s.* FROM summed CROSS JOIN outbox_sums s ON s.tenant_id = summed.tenant_id AND s.endpoint_id = summed.endpoint_id
    WHERE s.step = ?2 AND s.at < ?3 ORDER BY s.tenant_id, s.endpoint_id, s.at LIMIT ?4)`;

/**
 * The statements that fold old sums of tenants into longer ones, and remove the oldest, for one batch: some at a time. An empty
 * id stands for the deployment. The shortest ones are added to a row of all times, too, which stays.
 */
export function foldSums(db: Database, tenantIds: readonly string[], now: number): Statement[] {
  const { shortestMs, hoursMs, daysMs } = limits.sumsKept;
  const of = (step: number, before: number) => [
    JSON.stringify(tenantIds),
    step,
    before,
    limits.sumsFoldedAtOnce,
  ];
  const old = {
    shortest: of(SHORTEST_MS, startOf(now - shortestMs, HOUR_MS)),
    hours: of(HOUR_MS, startOf(now - hoursMs, DAY_MS)),
    days: of(DAY_MS, startOf(now - daysMs, DAY_MS)),
  };
  const ever = `UNION ALL SELECT tenant_id, endpoint_id, 0, 0, ${ADD_UP} FROM old GROUP BY tenant_id, endpoint_id`;
  return [
    db.prepare(addToSums(`${OLD} ${foldedInto(HOUR_MS)} ${ever}`)).bind(...old.shortest),
    db.prepare(REMOVE_OLD).bind(...old.shortest),
    db.prepare(addToSums(`${OLD} ${foldedInto(DAY_MS)}`)).bind(...old.hours),
    db.prepare(REMOVE_OLD).bind(...old.hours),
    db.prepare(REMOVE_OLD).bind(...old.days),
  ];
}

/** Whole spans of the longer length alone are folded, so that each of its rows is written once or twice. */
function startOf(instant: number, step: number): number {
  return instant - (instant % step);
}

function foldedInto(step: number): string {
  const at = spanOf("at", step);
  return `SELECT tenant_id, endpoint_id, ${step} AS step, ${at} AS at, ${ADD_UP} FROM old GROUP BY tenant_id, endpoint_id, ${at}`;
}

const REMOVE_OLD = `
  DELETE FROM outbox_sums WHERE (tenant_id, endpoint_id, step, at) IN (
    SELECT tenant_id, endpoint_id, step, at FROM (${OLD} SELECT tenant_id, endpoint_id, step, at FROM old))`;
