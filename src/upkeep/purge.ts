import { type Database, faultOf } from "../db/database.ts";
import { dayOf } from "../domain/quota.ts";
import type { Clock } from "../platform/clock.ts";
import { limits } from "../platform/limits.ts";
import { describeError, type Log } from "../platform/log.ts";
import { foldSums } from "./fold-sums.ts";
import {
  type Cursor,
  type Cutoffs,
  movePurgeOn,
  type PurgeStep,
  purgeAudit,
  purgeExpiredTokens,
  purgeIdempotencyKeys,
  purgeMessages,
  purgeRequestKeys,
  purgeRest,
  purgeSuppressions,
  purgeUnmatched,
  purgeUsage,
  restartPurge,
  selectPurgeDue,
  selectPurgeRange,
} from "./statements.ts";
import { passBy, sumUp } from "./sum-statements.ts";

/**
 * Time for which a message is kept after its last delivery was settled, and the time if a delivery is dead. In a nearly
 * full database, a message without a dead delivery is kept only for `leastRetentionMs`.
 */
export interface Retention {
  retentionMs: number;
  deadRetentionMs: number;
  leastRetentionMs: number;
  databaseMaxBytes: number;
}

export interface PurgeTools {
  db: Database;
  clock: Clock;
  log: Log;
  retentionOf: () => Retention;
}

/**
 * The cron: removes messages past their retention, with all their rows, step by step, in turns of tenants. The rest is
 * left for the next minute. Answers true if no step failed. Never throws.
 */
export async function purge(tools: PurgeTools): Promise<boolean> {
  const startedAt = tools.clock.now();
  try {
    const retention = tools.retentionOf();
    const due = await selectPurgeDue(tools.db, startedAt, limits.tenantsPerPurge).all<Cursor>();
    const early = isTight(due, retention);
    // When capacity is short, every tenant gets a turn, longest waiting first.
    const { results } = early
      ? await selectPurgeDue(tools.db, Number.MAX_SAFE_INTEGER, limits.tenantsPerPurge).all<Cursor>()
      : due;
    const done = await takeTurns({ ...tools, early }, retention, results, startedAt);
    const audit = await purgeOldAudit(tools, startedAt, retention);
    const dropped = await purgeUnmatched(tools.db, startedAt - limits.emailUnmatchedMs).all();
    if (dropped.results.length > 0) tools.log("email_events.dropped", { events: dropped.results.length });
    const durationMs = tools.clock.now() - startedAt;
    tools.log("purge.done", { tenants: results.length, early, ...done, audit, durationMs });
    return done.failed === 0;
  } catch (error) {
    tools.log("purge.failed", { error: describeError(error) });
    return false;
  }
}

interface RunTools extends PurgeTools {
  /** True if capacity was short at the last step. */
  early: boolean;
}

function isTight({ meta }: D1Result, { databaseMaxBytes }: Retention): boolean {
  return meta.size_after >= limits.purgeEarlyShare * databaseMaxBytes;
}

async function takeTurns(
  tools: RunTools,
  retention: Retention,
  tenants: readonly Cursor[],
  startedAt: number,
): Promise<{ steps: number; messages: number; failed: number }> {
  const done = { steps: 0, messages: 0, failed: 0 };
  const line = [...tenants];
  const mayGoOn = () => done.steps < limits.stepsPerPurge && tools.clock.now() - startedAt < limits.purgeMs;
  for (let cursor = line.shift(); cursor && mayGoOn(); cursor = line.shift()) {
    done.steps++;
    try {
      const moved = await takeStep(tools, retention, cursor);
      if (!moved) continue;
      done.messages += moved.purged - cursor.purged;
      line.push(moved);
    } catch (error) {
      done.failed++;
      tools.log("purge.failed", { tenant: cursor.id, error: describeError(error) });
    }
  }
  return done;
}

/** Answers the new position of the cursor; undefined if nothing was left, or another run has moved it. */
async function takeStep(tools: RunTools, retention: Retention, cursor: Cursor) {
  const { db, clock } = tools;
  const now = clock.now();
  const cutoffs = cutoffsAt(now, retention, tools.early);
  const range = await selectPurgeRange(db, cursor, cutoffs).first<{
    messages: number;
    last: number | null;
  }>();
  if (range === null || range.last === null) {
    const nextAt = now + Math.min(limits.purgeEveryMs, retention.retentionMs);
    const keysBefore = now - limits.requestKeyMs;
    await db.batch([
      purgeExpiredTokens(db, cursor.id, now),
      purgeRequestKeys(db, cursor.id, keysBefore),
      purgeSuppressions(db, cursor.id, now - retention.deadRetentionMs),
      purgeUsage(db, cursor.id, dayOf(now) - limits.usageKeptDays),
      restartPurge(db, cursor, nextAt, keysBefore),
    ]);
    // Apart, because a full database has no room for sums, and the purge must go on.
    await db.batch(foldSums(db, [cursor.id], now));
    return undefined;
  }
  const step = { cursor, cutoffs, messages: range.messages, last: range.last };
  const moved = await removeStep(db, step, now);
  tools.early &&= moved !== undefined && isTight(moved, retention);
  return moved?.results[0];
}

/** Nothing is removed that is not in the sums; a full database, which has no room for them, loses count rather than keep it. */
async function removeStep(db: Database, step: PurgeStep, now: number): Promise<D1Result<Cursor> | undefined> {
  const toSum = [{ id: step.cursor.id, to: step.last }];
  const removal = () => [
    purgeIdempotencyKeys(db, step),
    purgeMessages(db, step),
    purgeRest(db, "outbox_deliveries", step),
    purgeRest(db, "outbox_attempts", step),
    purgeRest(db, "outbox_email_events", step),
    movePurgeOn(db, step, now),
  ];
  try {
    const results = await db.batch<Cursor>([...sumUp(db, toSum, Number.MAX_SAFE_INTEGER), ...removal()]);
    return results.at(-1);
  } catch (error) {
    if (faultOf(error) !== "full") throw error;
    return (await db.batch<Cursor>([passBy(db, toSum), ...removal()])).at(-1);
  }
}

/** Answers the number of removed audit entries. */
async function purgeOldAudit(
  { db, clock }: PurgeTools,
  startedAt: number,
  { deadRetentionMs }: Retention,
): Promise<number> {
  let gone = 0;
  for (let steps = 0; steps < limits.stepsPerPurge && clock.now() - startedAt < limits.purgeMs; steps++) {
    const { results } = await purgeAudit(db, startedAt - deadRetentionMs).all();
    gone += results.length;
    if (results.length < limits.requestKeysPerPurgeStep) break;
  }
  return gone;
}

function cutoffsAt(now: number, retention: Retention, early: boolean): Cutoffs {
  const { retentionMs, leastRetentionMs, deadRetentionMs } = retention;
  return { settledBefore: now - (early ? leastRetentionMs : retentionMs), deadBefore: now - deadRetentionMs };
}
