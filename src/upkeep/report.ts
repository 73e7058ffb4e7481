import type { Database } from "../db/database.ts";
import type { JobName } from "../domain/jobs.ts";
import { storageLevel } from "../domain/storage-level.ts";
import type { Clock } from "../platform/clock.ts";
import { limits } from "../platform/limits.ts";
import { describeError, type Log } from "../platform/log.ts";
import { within } from "../platform/within.ts";
import { type Found, type ReportRow, selectReport, writeReport } from "./report-statements.ts";

export interface ReportTools {
  db: Database;
  clock: Clock;
  log: Log;
  /** Largest size of the database, in bytes. @throws {ConfigError} */
  databaseMaxBytes: () => number;
}

/** Stores the sweep's findings for `GET /health`, and logs when the database fills. Never throws. */
export async function report(tools: ReportTools, found: Found, now: number): Promise<void> {
  try {
    const { databaseBytes } = found;
    const oldestDueAt = found.overdue > 0 ? found.oldestDueAt : null;
    const written = { ...found, sweptAt: now, oldestDueAt };
    try {
      await within(tools.clock, limits.d1AnswerMs, writeReport(tools.db, written).run());
    } finally {
      // A full database may refuse the report, so the log comes first.
      tellOfStorage(tools, databaseBytes);
    }
  } catch (error) {
    tools.log("sweep.report_failed", { error: describeError(error) });
  }
}

function tellOfStorage({ log, databaseMaxBytes }: ReportTools, databaseBytes: number): void {
  const maxBytes = databaseMaxBytes();
  const level = storageLevel(databaseBytes, maxBytes);
  if (level !== "ok") log("storage.filling", { level, databaseBytes, maxBytes });
}

/** Findings of the latest sweep. Instants in milliseconds. */
export interface Report extends Found {
  sweptAt: number;
  /** True if the trigger exists that frees the next delivery of an ordering key. */
  sound: boolean;
  /** Instants at which the jobs of the cron last ended well. */
  jobs: Partial<Record<JobName, number>>;
}

/** An isolate's copy of the report, for which D1 is asked at most every 10 seconds. */
export class KnownReport {
  #known: { report: Report; readAt: number } | undefined;

  async read(db: Database, now: number): Promise<Report> {
    if (this.#known && now - this.#known.readAt < limits.reportKeptMs) return this.#known.report;
    const row = await selectReport(db).first<ReportRow>();
    if (!row) throw new Error("outbox_sweep has no row: the migrations are not all applied");
    const report = {
      sweptAt: row.swept_at,
      overdue: row.overdue,
      oldestDueAt: row.oldest_due_at,
      databaseBytes: row.database_bytes,
      sound: row.sound === 1,
      lateTenants: row.late_tenants === null ? [] : JSON.parse(row.late_tenants),
      jobs: row.jobs === null ? {} : JSON.parse(row.jobs),
    };
    this.#known = { report, readAt: now };
    return report;
  }
}
