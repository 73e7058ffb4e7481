import type { Database, Statement } from "../db/database.ts";
import { limits } from "../platform/limits.ts";
import { countKeptEvents, type KeptEventsRow } from "../trace/deployment/kept-events.ts";
import type { CountRow, DueRow, EndpointsRow, SequenceRow } from "../trace/stats-statements.ts";
import * as stats from "../trace/stats-statements.ts";
import { metricLimits } from "./metric-limits.ts";
import type * as own from "./statements.ts";
import {
  countBehindOfAll,
  countBlockedKeysOfAll,
  countComplaints,
  countDeadOfAll,
  countDueOfAll,
  countEndpointsOfAll,
  selectDeploymentSums,
  selectFound,
  selectRecent,
} from "./statements.ts";

/** Numbers of the deployment and of the tenants asked for, as of `at`, in milliseconds. */
export interface Measured {
  at: number;
  sums: readonly own.DeploymentSums[];
  found: own.FoundRow;
  due: own.DueRow;
  behind: own.CountRow;
  dead: own.CountRow;
  blocked: own.CountRow;
  endpoints: own.EndpointsRow;
  events: KeptEventsRow;
  complaints: own.ComplaintsRow;
  tenants: readonly MeasuredTenant[];
  rowsRead: number;
}

/** Numbers of a tenant. */
export interface MeasuredTenant {
  id: string;
  /** Messages ever committed. */
  committed: number;
  recent: own.RecentRow;
  due: DueRow;
  behind: CountRow;
  dead: CountRow;
  blocked: CountRow;
  endpoints: EndpointsRow;
}

/** Reads all numbers in one batch. Tenants that are unknown or deleted are left out. */
export async function readMetrics(
  db: Database,
  tenantIds: readonly string[],
  now: number,
): Promise<Measured> {
  const ofAll = [
    selectDeploymentSums(db),
    selectFound(db),
    countDueOfAll(db, now),
    countBehindOfAll(db),
    countDeadOfAll(db),
    countBlockedKeysOfAll(db),
    countEndpointsOfAll(db),
    countKeptEvents(db, metricLimits.counted.events),
    countComplaints(db, now),
  ];
  const ofTenants = tenantIds.map((id) => tenantStatements(db, id, now));
  const results = await db.batch([...ofAll, ...ofTenants.flat()]);
  const [sums = [], ...rest] = results.slice(0, ofAll.length).map((one) => one.results);
  const [found, due, behind, dead, blocked, endpoints, events, complaints] = rest.map(([row]) => row);
  if (!found) throw new Error("outbox_sweep has no row: the migrations are not all applied");
  const rows = results.slice(ofAll.length).map((one) => one.results[0]);
  const perTenant = ofTenants[0]?.length ?? 0;
  const tenants = tenantIds.flatMap((id, n) => tenantOf(id, rows.slice(n * perTenant, (n + 1) * perTenant)));
  const rowsRead = results.reduce((sum, { meta }) => sum + meta.rows_read, 0);
  return {
    at: now,
    sums,
    found,
    due,
    behind,
    dead,
    blocked,
    endpoints,
    events,
    complaints,
    tenants,
    rowsRead,
  } as unknown as Measured;
}

function tenantStatements(db: Database, id: string, now: number): Statement[] {
  return [
    stats.selectSequence(db, id, { since: now, until: now }),
    selectRecent(db, id, now - metricLimits.recentMs),
    stats.countDue(db, id, limits.nowCounted, now),
    stats.countBehind(db, id, limits.nowCounted),
    stats.countDead(db, id, limits.nowCounted),
    stats.countBlockedKeys(db, id, limits.nowCounted),
    stats.selectEndpointStates(db, id, now),
  ];
}

function tenantOf(id: string, rows: readonly unknown[]): MeasuredTenant[] {
  const [sequence, recent, due, behind, dead, blocked, endpoints] = rows;
  if (!sequence) return [];
  const { total: committed } = sequence as SequenceRow;
  return [{ id, committed, recent, due, behind, dead, blocked, endpoints } as MeasuredTenant];
}
