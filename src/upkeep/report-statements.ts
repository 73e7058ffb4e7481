import type { Database, Statement } from "../db/database.ts";
import { columnsOf, type RowOf } from "../db/row.ts";
import type { deliveries, LateTenant, RepairCursor, sweeps } from "../db/schema.ts";
import type { JobName } from "../domain/jobs.ts";

const REPORTED = [
  "swept_at",
  "overdue",
  "oldest_due_at",
  "database_bytes",
  "sound",
  "late_tenants",
  "jobs",
] as const;

/** The one row of `outbox_sweep`. */
export type ReportRow = RowOf<typeof sweeps, (typeof REPORTED)[number]>;

/** Findings of a sweep. */
export interface Found {
  /** Tenants with deliveries more than 10 seconds late. */
  overdue: number;
  /** Due instant of the longest overdue delivery. */
  oldestDueAt: number | null;
  databaseBytes: number;
  /** The longest late of these tenants, in order. */
  lateTenants: LateTenant[];
}

export function selectReport(db: Database): Statement {
  return db.prepare(`SELECT ${REPORTED.join(", ")} FROM outbox_sweep WHERE id = 1`);
}

export function writeReport(db: Database, found: Found & { sweptAt: number }): Statement {
  return db
    .prepare(`
      UPDATE outbox_sweep SET
        swept_at = ?1, overdue = ?2, oldest_due_at = ?3, database_bytes = ?4, late_tenants = ?5, sound = 2 = (
        SELECT count(*) FROM sqlite_master
        WHERE type = 'trigger' AND name IN ('outbox_deliveries_free_next', 'outbox_deliveries_wipe'))
      WHERE id = 1`)
    .bind(
      found.sweptAt,
      found.overdue,
      found.oldestDueAt,
      found.databaseBytes,
      found.lateTenants.length > 0 ? JSON.stringify(found.lateTenants) : null,
    );
}

/** Instants of the jobs that ended well replace those of before; the others stay. */
export function recordJobs(db: Database, endedAt: Partial<Record<JobName, number>>): Statement {
  return db
    .prepare("UPDATE outbox_sweep SET jobs = json_patch(coalesce(jobs, '{}'), ?1) WHERE id = 1")
    .bind(JSON.stringify(endedAt));
}

export function selectRepairCursor(db: Database): Statement {
  return db.prepare("SELECT repair_after FROM outbox_sweep WHERE id = 1");
}

export function writeRepairCursor(db: Database, cursor: RepairCursor | null): Statement {
  return db
    .prepare("UPDATE outbox_sweep SET repair_after = ?1 WHERE id = 1 AND repair_after IS NOT ?1")
    .bind(cursor && JSON.stringify(cursor));
}

/** The next entries of ordering keys after a cursor, of all tenants. */
const NEXT_ENTRIES = `
  SELECT tenant_id, endpoint_id, ordering_key, seq FROM outbox_deliveries INDEXED BY outbox_deliveries_key
  WHERE blocks = 1 AND (tenant_id, endpoint_id, ordering_key, seq) > (?1, ?2, ?3, ?4)
  ORDER BY tenant_id, endpoint_id, ordering_key, seq LIMIT ?5`;

function cursorParams({ tenantId, endpointId, orderingKey, seq }: RepairCursor, limit: number) {
  return [tenantId, endpointId, orderingKey, seq, limit];
}

const OF_STUCK = ["tenant_id", "endpoint_id", "seq"] as const;

/** The first delivery of a key that waited though nothing is before it. */
export type StuckRow = RowOf<typeof deliveries, (typeof OF_STUCK)[number]>;

/** Frees entries that wait though they are the first of their key. */
export function freeStuckHeads(db: Database, cursor: RepairCursor, limit: number): Statement {
  return db
    .prepare(`
      WITH entries AS MATERIALIZED (${NEXT_ENTRIES}),
      heads AS MATERIALIZED (
        SELECT e.tenant_id, e.endpoint_id, e.seq FROM entries e WHERE NOT EXISTS (
          SELECT 1 FROM outbox_deliveries earlier INDEXED BY outbox_deliveries_key
          WHERE earlier.tenant_id = e.tenant_id AND earlier.endpoint_id = e.endpoint_id
            AND earlier.ordering_key = e.ordering_key AND earlier.blocks = 1 AND earlier.seq < e.seq))
      UPDATE outbox_deliveries SET behind = 0 FROM heads
      WHERE outbox_deliveries.tenant_id = heads.tenant_id AND outbox_deliveries.seq = heads.seq
        AND outbox_deliveries.endpoint_id = heads.endpoint_id AND outbox_deliveries.behind = 1
      RETURNING ${columnsOf<typeof deliveries>("outbox_deliveries", OF_STUCK)}`)
    .bind(...cursorParams(cursor, limit));
}

/** The last of the next entries; NULL when there are fewer, so that the search begins anew. */
export function selectLastEntry(db: Database, cursor: RepairCursor, limit: number): Statement {
  return db
    .prepare(`
      SELECT tenant_id AS tenantId, endpoint_id AS endpointId, ordering_key AS orderingKey, seq
      FROM (${NEXT_ENTRIES}) LIMIT 1 OFFSET ?5 - 1`)
    .bind(...cursorParams(cursor, limit));
}
