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

export interface SumTools {
  db: Database;
  clock: Clock;
  log: Log;
}

const HOUR_MS = 60 * 60 * 1000;

/**
 * The cron: sums up the outcomes of all tenants, every five minutes, some tenants at a time. A round that does not end in its
 * time goes on in the next minute. Answers true if it ended well; never throws.
 */
export async function sumUpAll(tools: SumTools, everyMs: number = limits.sumsEveryMs): Promise<boolean> {
  const { db, clock, log } = tools;
  const startedAt = clock.now();
  try {
    const row = await selectRound(db).first<RoundRow>();
    if (!row) throw new Error("outbox_sweep has no row: the migrations are not all applied");
    const goesOn = row.sums_after !== null;
    if (!goesOn && Math.abs(startedAt - row.sums_from) < everyMs) return true;
    const round = new Round(tools, goesOn ? row.sums_from : startedAt);
    const after = await round.take(row.sums_after ?? 0);
    const { tenants, failed } = round;
    await writeRound(db, round.from, { after, whole: failed === 0 }).run();
    log("sums.done", { tenants, failed, complete: after === null, durationMs: clock.now() - startedAt });
    return failed === 0;
  } catch (error) {
    log("sums.failed", { error: describeError(error) });
    return false;
  }
}

/** A run's part of a round, within the time and the D1 queries that it may use. */
class Round {
  readonly from: number;
  /** Number of tenants summed up, and of those that were not, because D1 refused. */
  tenants = 0;
  failed = 0;
  readonly #tools: SumTools;
  readonly #endsAt: number;
  /** True: the round is the first of its hour, or the one after it, and folds old sums. */
  readonly #folds: boolean;
  #queries = 0;

  constructor(tools: SumTools, from: number) {
    this.from = from;
    this.#tools = tools;
    this.#endsAt = tools.clock.now() + limits.sumsMs;
    this.#folds = from % HOUR_MS < limits.sumsEveryMs + 2 * limits.cronMs;
  }

  /** Takes tenants after one by number. Answers the last that is done; null: there are no more. */
  async take(first: number): Promise<number | null> {
    const { db } = this.#tools;
    let after = first;
    while (this.#mayGoOn()) {
      this.#queries++;
      const { results } = await selectUnsummed(db, after, limits.tenantsPerSum).all<UnsummedTenant>();
      if (!(await this.#sumUpEach(results))) break;
      await this.#fold(results.map(({ id }) => id));
      const last = results.at(-1);
      if (last === undefined || results.length < limits.tenantsPerSum) {
        await this.#fold([""]);
        return null;
      }
      after = last.number;
    }
    return after;
  }

  #mayGoOn(): boolean {
    return this.#tools.clock.now() < this.#endsAt && this.#queries < limits.sumsQueries;
  }

  /** Sums tenants up together; where D1 refuses that, each by itself, so that one holds up no other. False: the run ended before. */
  async #sumUpEach(tenants: readonly UnsummedTenant[]): Promise<boolean> {
    try {
      if (!(await this.#sumUp(tenants))) return false;
      this.tenants += tenants.length;
      return true;
    } catch (error) {
      const [only, ...others] = tenants;
      if (only && others.length === 0) {
        this.failed++;
        this.#tools.log("sums.failed", { tenant: only.id, error: describeError(error) });
        return true;
      }
    }
    for (const one of tenants) if (!(await this.#sumUpEach([one]))) return false;
    return true;
  }

  /** Sums tenants up to the newest messages they had, in as many batches as that takes. False: the run ended before. */
  async #sumUp(tenants: readonly UnsummedTenant[]): Promise<boolean> {
    let left = tenants;
    while (left.length > 0) {
      if (!this.#mayGoOn()) return false;
      const wanted = left.map(({ id, head }) => ({ id, to: head }));
      const statements = sumUp(this.#tools.db, wanted, limits.deliveriesPerSum);
      this.#queries += statements.length;
      const [, moved] = await this.#tools.db.batch<SummedRow>(statements);
      const reached = new Map(moved?.results.map(({ id, summed_to }) => [id, summed_to]));
      left = left.filter(({ id, head }) => (reached.get(id) ?? head) < head);
    }
    return true;
  }

  /** Folds as often as there is more to fold. Folding that D1 refuses is left for the next hour. */
  async #fold(tenantIds: readonly string[]): Promise<void> {
    const { db, clock, log } = this.#tools;
    if (!this.#folds || tenantIds.length === 0) return;
    try {
      for (let more = true; more && this.#mayGoOn(); ) {
        const statements = foldSums(db, tenantIds, clock.now());
        this.#queries += statements.length;
        const results = await db.batch(statements);
        more = results.some(({ meta }) => meta.changes >= limits.sumsFoldedAtOnce);
      }
    } catch (error) {
      log("sums.failed", { error: describeError(error) });
    }
  }
}
