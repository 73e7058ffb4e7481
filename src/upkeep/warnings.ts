import { readRows } from "../db/database.ts";
import { newNonce } from "../domain/ids.ts";
import { messageId } from "../domain/message-id.ts";
import { STORAGE_LEVELS, type StorageLevel, storageLevel } from "../domain/storage-level.ts";
import type { SystemEvent } from "../domain/system-events.ts";
import { type Announcement, type AnnounceTools, announce } from "../outbox/announce.ts";
import type { Clock, Random } from "../platform/clock.ts";
import { limits } from "../platform/limits.ts";
import { describeError, type Log } from "../platform/log.ts";
import { within } from "../platform/within.ts";
import {
  type DeadRow,
  type FillingRow,
  type LateRow,
  markFillingTold,
  markTold,
  selectDeadToTell,
  selectFillingToTell,
  selectLateToTell,
  selectLive,
} from "./warning-statements.ts";

export interface WarningTools extends Pick<AnnounceTools, "db"> {
  clock: Clock;
  random: Random;
  log: Log;
  /** Tenant whose endpoints get the system events of all tenants. @throws {ConfigError} */
  systemEventsTenant: () => string | undefined;
  /** Largest size of the database, in bytes. @throws {ConfigError} */
  databaseMaxBytes: () => number;
}

/** Findings of a sweep that warnings tell of. */
interface Found {
  /** Tenants with overdue deliveries, and the due instant of the longest overdue one. */
  overdue: readonly { tenant_id: string; due_at: number }[];
  databaseBytes: number;
}

/**
 * Commits the system events that the cron makes: late deliveries and dead letters of tenants, and the filling of the database.
 * Each commits with the note that it was told, so that of several crons one tells. Answers the tenants that have got deliveries.
 * Ends by an instant, and never throws.
 */
export async function warn(
  tools: WarningTools,
  found: Found,
  now: number,
  endsAt: number,
): Promise<readonly string[]> {
  try {
    return await within(tools.clock, Math.max(endsAt - tools.clock.now(), 1), raise(tools, found, now));
  } catch (error) {
    tools.log("warnings.failed", { error: describeError(error) });
    return [];
  }
}

async function raise(tools: WarningTools, { overdue, databaseBytes }: Found, now: number): Promise<string[]> {
  const { db, random, log } = tools;
  const systemEventsTenant = tools.systemEventsTenant();
  const announceTools = { db, random, systemEventsTenant };
  const lateBefore = now - limits.warnings.late.afterMs;
  const late = overdue.filter(({ due_at }) => due_at < lateBefore).slice(0, limits.warnings.late.tenants);
  const lateIds = late.map(({ tenant_id }) => tenant_id);
  const [lateRows, deadRows, live, filling] = await readRows<[LateRow, DeadRow, unknown, FillingRow]>(db, [
    selectLateToTell(db, lateIds, systemEventsTenant, now),
    selectDeadToTell(db, systemEventsTenant, now),
    selectLive(db, systemEventsTenant ?? ""),
    selectFillingToTell(db, systemEventsTenant ?? ""),
  ]);
  if (systemEventsTenant !== undefined && live.length === 0) {
    log("system_events.tenant_missing", { tenant: systemEventsTenant });
  }
  const dueAt = new Map(late.map(({ tenant_id, due_at }) => [tenant_id, due_at]));
  const told = await Promise.all([
    tell(
      announceTools,
      "late",
      lateRows.map((row) => lateWarning(row, dueAt.get(row.id) ?? now, now, random)),
      now,
    ),
    tell(
      announceTools,
      "dead",
      deadRows.map((row) => deadWarning(row, now, random)),
      now,
    ),
    tellFilling(tools, announceTools, filling[0], { databaseBytes, now }),
  ]);
  return told.flat();
}

async function tell(
  tools: AnnounceTools,
  of: "late" | "dead",
  announcements: readonly Announcement[],
  now: number,
): Promise<readonly string[]> {
  if (announcements.length === 0) return [];
  const announced = announce(tools, { announcements, guard: { kind: "told", of }, now });
  const marked = markTold(tools.db, of, announcements, now);
  return announced.read(await tools.db.batch([...announced.statements, marked]));
}

async function tellFilling(
  { databaseMaxBytes }: WarningTools,
  tools: AnnounceTools,
  last: FillingRow | undefined,
  { databaseBytes, now }: { databaseBytes: number; now: number },
): Promise<readonly string[]> {
  const size = { databaseBytes, maxBytes: databaseMaxBytes() };
  const level = storageLevel(databaseBytes, size.maxBytes);
  if (!last || !isToBeTold(level, last, now)) return [];
  const toldAt = last.filling_told_at;
  const warning = warningOf(
    null,
    "storage.filling",
    { level, ...size },
    { toldAt, now, random: tools.random },
  );
  const announced = announce(tools, {
    announcements: [warning],
    guard: { kind: "told", of: "filling" },
    now,
  });
  const marked = markFillingTold(tools.db, toldAt, level, now);
  return announced.read(await tools.db.batch([...announced.statements, marked]));
}

/** True once a day while the database fills, and when the level rises. */
export function isToBeTold(level: StorageLevel, last: FillingRow, now: number): boolean {
  if (level === "ok") return false;
  const { filling_told_at: toldAt, filling_told: told } = last;
  if (toldAt === null || now - toldAt >= limits.warnings.fillingQuietMs) return true;
  return told === null || STORAGE_LEVELS.indexOf(level) > STORAGE_LEVELS.indexOf(told);
}

function lateWarning(row: LateRow, dueAt: number, now: number, random: Random): Announcement {
  const told = {
    oldestDueAt: new Date(dueAt).toISOString(),
    lateSeconds: Math.floor((now - dueAt) / 1000),
  };
  return warningOf(row.id, "backlog.late", told, { toldAt: row.late_told_at, now, random });
}

function deadWarning(row: DeadRow, now: number, random: Random): Announcement {
  const told = {
    deadLetters: row.count,
    complete: row.looked < limits.warnings.dead.looked,
    since: new Date(now - limits.warnings.dead.quietMs).toISOString(),
    example: {
      messageId: messageId(row),
      eventType: row.event_type,
      endpointId: row.endpoint_id,
      reason: row.reason,
      error: row.error,
      httpStatus: row.http_status,
      settledAt: new Date(row.settled_at).toISOString(),
    },
  };
  return warningOf(row.tenant_id, "dead-letters.piling-up", told, { toldAt: row.dead_told_at, now, random });
}

function warningOf(
  tenantId: string | null,
  eventType: SystemEvent,
  told: object,
  { toldAt, now, random }: { toldAt: number | null; now: number; random: Random },
): Announcement {
  const payload = {
    ...(tenantId !== null && { tenantId }),
    ...told,
    observedAt: new Date(now).toISOString(),
  };
  return {
    tenantId,
    eventType,
    nonce: newNonce(random),
    payload: JSON.stringify(payload),
    orderingKey: eventType,
    seq: null,
    toldAt,
  };
}
