import { type Database, readRows } from "../db/database.ts";
import { limits } from "../platform/limits.ts";
import { breakerStateOf, type EndpointHealth, failingOf } from "./endpoint-health.ts";
import {
  type EndpointSumRow,
  type HealthSummaryRow,
  selectHealthSummaries,
  selectSumsByEndpoint,
  selectUnsummedByEndpoint,
} from "./health-summary-statements.ts";
import { type Outcomes, outcomesOf } from "./series.ts";

/** Health of an endpoint in a list. Instants in milliseconds. */
export interface HealthSummary extends Pick<EndpointHealth, "state" | "failing"> {
  breaker: Pick<EndpointHealth["breaker"], "state" | "until">;
  /** Unsettled deliveries, counted to `waitingSummed`. */
  waiting: { count: number; capped: boolean };
  lastDay: Outcomes;
  /** Attempts by the hours of that day in which there were any. */
  hours: { at: number; delivered: number; failed: number }[];
}

/** Reads the health of the endpoints on a page in one round trip, and a bounded number of rows for each. */
export async function readHealthSummaries(
  { db, disableAfterMs }: { db: Database; disableAfterMs: number },
  tenantId: string,
  ids: readonly string[],
  now: number,
): Promise<Map<string, HealthSummary>> {
  const summed = { tenantId, ids, since: now - limits.statsWindowMs, until: now + 1 };
  const [rows, sums, unsummed] = await readRows<[HealthSummaryRow, EndpointSumRow, EndpointSumRow]>(db, [
    selectHealthSummaries(db, tenantId, ids),
    selectSumsByEndpoint(db, summed),
    selectUnsummedByEndpoint(db, summed),
  ]);
  const sumsOf = Map.groupBy([...sums, ...unsummed], ({ endpoint_id }) => endpoint_id);
  const summaryOf = (row: HealthSummaryRow): HealthSummary => {
    const ofEndpoint = sumsOf.get(row.id) ?? [];
    return {
      state: row.state,
      breaker: breakerStateOf(row, now),
      failing: failingOf(row, disableAfterMs, now),
      waiting: { count: row.waiting, capped: row.waiting >= limits.waitingSummed },
      lastDay: outcomesOf(ofEndpoint),
      hours: hoursOf(ofEndpoint),
    };
  };
  return new Map(rows.map((row) => [row.id, summaryOf(row)]));
}

function hoursOf(sums: readonly EndpointSumRow[]): HealthSummary["hours"] {
  const byHour = [...Map.groupBy(sums, ({ at }) => at)].toSorted(([one], [other]) => one - other);
  return byHour.map(([at, rows]) => {
    const { delivered, retried, dead } = outcomesOf(rows);
    return { at, delivered, failed: retried + dead };
  });
}
