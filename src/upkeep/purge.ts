import type { Database } from "../db/database.ts";
import type { Clock } from "../platform/clock.ts";
import { limits } from "../platform/limits.ts";
import { describeError, type Log } from "../platform/log.ts";
import {
  type Cursor,
  type Cutoffs,
  movePurgeOn,
  purgeExpiredTokens,
  purgeIdempotencyKeys,
  purgeMessages,
  purgeRequestKeys,
  purgeRest,
  restartPurge,
  selectPurgeDue,
  selectPurgeRange,
} from "./statements.ts";

/** How long a message is kept after the last of its deliveries was settled, and how long if one of them is dead. */
export interface Retention {
  retentionMs: number;
  deadRetentionMs: number;
}

export interface PurgeTools {
  db: Database;
  clock: Clock;
  log: Log;
  retentionOf: () => Retention;
}

/**
 * The cron: removes the messages that are past retention, with all that hangs on them. A step at a time, and the tenants
 * take turns; what it does not get to is done a minute later. Never throws.
 */
export async function purge(tools: PurgeTools): Promise<void> {
  const startedAt = tools.clock.now();
  try {
    const retention = tools.retentionOf();
    const { results } = await selectPurgeDue(tools.db, startedAt, limits.tenantsPerPurge).all<Cursor>();
    const done = await takeTurns(tools, retention, results, startedAt);
    const durationMs = tools.clock.now() - startedAt;
    tools.log("purge.done", { tenants: results.length, ...done, durationMs });
  } catch (error) {
    tools.log("purge.failed", { error: describeError(error) });
  }
}

async function takeTurns(
  tools: PurgeTools,
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

/** Answers where the cursor stands now; nothing if there was nothing left to look at, or somebody else has moved it. */
async function takeStep({ db, clock }: PurgeTools, retention: Retention, cursor: Cursor) {
  const now = clock.now();
  const cutoffs = cutoffsAt(now, retention);
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
      restartPurge(db, cursor, nextAt, keysBefore),
    ]);
    return undefined;
  }
  const step = { cursor, cutoffs, messages: range.messages, last: range.last };
  const results = await db.batch<Cursor>([
    purgeIdempotencyKeys(db, step),
    purgeMessages(db, step),
    purgeRest(db, "outbox_deliveries", step),
    purgeRest(db, "outbox_attempts", step),
    movePurgeOn(db, step, now),
  ]);
  return results.at(-1)?.results[0];
}

function cutoffsAt(now: number, { retentionMs, deadRetentionMs }: Retention): Cutoffs {
  return { settledBefore: now - retentionMs, deadBefore: now - deadRetentionMs };
}
