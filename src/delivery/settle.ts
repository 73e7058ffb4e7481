import { type Database, faultOf } from "../db/database.ts";
import type { Clock } from "../platform/clock.ts";
import { limits } from "../platform/limits.ts";
import type { DeliveryTask } from "../relay/delivery-task.ts";
import { disableEndpoint, insertAttempts, selectNextDue, settleLeased, type Verdict } from "./statements.ts";

export interface SettleTools {
  db: Database;
  clock: Clock;
}

export interface Settled {
  /** The deliveries whose lease still stood, and that do not block their key: what comes behind them may go on. */
  seqs: ReadonlySet<number>;
  /** When the endpoint's next delivery is due; null when none waits. */
  nextDueAt: number | null;
}

/** Writes verdicts in one batch. When D1 does not answer it is sent again: the lease token lets it through once. */
export async function settle(
  tools: SettleTools,
  task: DeliveryTask,
  verdicts: readonly Verdict[],
): Promise<Settled> {
  for (const waitMs of limits.settleBackoffMs) {
    try {
      return await settleOnce(tools, task, verdicts);
    } catch (error) {
      if (faultOf(error) === "rejected") throw error;
      await tools.clock.sleep(waitMs);
    }
  }
  return settleOnce(tools, task, verdicts);
}

async function settleOnce({ db, clock }: SettleTools, task: DeliveryTask, verdicts: readonly Verdict[]) {
  const gone = verdicts.filter(({ reason }) => reason === "gone").map(({ seq }) => seq);
  const results = await db.batch<{ seq: number; key_blocked: 0 | 1; due_at: number | null }>([
    ...(gone.length > 0 ? [disableEndpoint(db, task, gone, clock.now())] : []),
    insertAttempts(db, task, verdicts),
    settleLeased(db, task, verdicts),
    selectNextDue(db, task),
  ]);
  const [settled, nextDue] = results.slice(-2);
  return {
    seqs: new Set(settled?.results.filter(({ key_blocked }) => !key_blocked).map(({ seq }) => seq)),
    nextDueAt: nextDue?.results[0]?.due_at ?? null,
  };
}
