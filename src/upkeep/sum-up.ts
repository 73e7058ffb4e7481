import type { Database } from "../db/database.ts";
import type { Clock } from "../platform/clock.ts";
import { limits } from "../platform/limits.ts";
import { describeError, type Log } from "../platform/log.ts";
import { foldSums } from "./fold-sums.ts";
import {
  type RoundRow,
  type SummedRow,
  selectRound,
  selectUnsummed,
  sumUp,
  type UnsummedTenant,
  writeRound,
} from "./sum-statements.ts";

interface SumTools {
  db: Database;
  clock: Clock;
  log: Log;
}

/**
 * The cron: sums up the outcomes of all tenants, every five minutes, some tenants at a time. A round that does not end in its
 * time goes on in the next minute. Never throws.
 */
export async function sumUpAll(tools: SumTools, everyMs: number = limits.sumsEveryMs): Promise<void> {
  const { db, clock, log } = tools;
  const startedAt = clock.now();
  try {
    const round = await selectRound(db).first<RoundRow>();
    if (!round) throw new Error("outbox_sweep has no row: the migrations are not all applied");
    const goesOn = round.sums_after !== null;
    if (!goesOn && Math.abs(startedAt - round.sums_from) < everyMs) return;
    const from = goesOn ? round.sums_from : startedAt;
    const { tenants, after } = await takeRound(tools, from, round.sums_after ?? 0);
    await writeRound(db, from, after).run();
    log("sums.done", { tenants, complete: after === null, durationMs: clock.now() - startedAt });
  } catch (error) {
    log("sums.failed", { error: describeError(error) });
  }
}

/** Answers the number of tenants summed up, and the number of the tenant after which to go on; null: there are no more. */
async function takeRound(tools: SumTools, from: number, first: number) {
  const { db, clock } = tools;
  const endsAt = clock.now() + limits.sumsMs;
  const folds = from % HOUR_MS < limits.sumsEveryMs;
  let tenants = 0;
  let after = first;
  while (clock.now() < endsAt) {
    const { results: some } = await selectUnsummed(db, after, limits.tenantsPerSum).all<UnsummedTenant>();
    if (!(await sumUpTo(tools, some, endsAt))) break;
    const ids = some.map(({ id }) => id);
    if (folds && ids.length > 0) await db.batch(foldSums(db, ids, clock.now()));
    tenants += some.length;
    const last = some.at(-1);
    if (last === undefined || some.length < limits.tenantsPerSum) {
      if (folds) await db.batch(foldSums(db, [""], clock.now()));
      return { tenants, after: null };
    }
    after = last.number;
  }
  return { tenants, after };
}

const HOUR_MS = 60 * 60 * 1000;

/** Sums tenants up to the newest messages they had, in as many batches as that takes. Answers false if time was too short. */
async function sumUpTo(
  { db, clock }: SumTools,
  tenants: readonly UnsummedTenant[],
  endsAt: number,
): Promise<boolean> {
  let left = tenants;
  while (left.length > 0) {
    if (clock.now() >= endsAt) return false;
    const wanted = left.map(({ id, head }) => ({ id, to: head }));
    const [, moved] = await db.batch<SummedRow>(sumUp(db, wanted, limits.deliveriesPerSum));
    const reached = new Map(moved?.results.map(({ id, summed_to }) => [id, summed_to]));
    left = left.filter(({ id, head }) => (reached.get(id) ?? head) < head);
  }
  return true;
}
