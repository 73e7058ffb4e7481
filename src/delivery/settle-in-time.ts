import { isPlatformLimit } from "../channels/channel.ts";
import { faultOf } from "../db/database.ts";
import { limits } from "../platform/limits.ts";
import { logAttempts } from "./log-attempts.ts";
import { type Settled, settle } from "./settle.ts";
import { type DeliveryTools, observationOf, queriesKept, queriesOf, type TaskRun } from "./task-run.ts";
import type { Verdict } from "./verdict.ts";

/** Settles deliveries of a task, logs their attempts, and wakes the relay for deliveries that now have room. */
export async function settleInTime(
  tools: DeliveryTools,
  run: TaskRun,
  verdicts: readonly Verdict[],
): Promise<Settled> {
  // The queries set aside for effects count from now on as they are made.
  for (const verdict of verdicts) run.invocation.queriesLeft += queriesOf(verdict);
  const settled = await settleUntilLeaseEnds(tools, run, verdicts).catch((error) => {
    logAttempts(tools, run, verdicts, []);
    throw error;
  });
  logAttempts(tools, run, verdicts, settled.written);
  if (!settled.mayCall) run.mayCall = false;
  wakeMeanwhile(tools, run, settled);
  return settled;
}

/**
 * Settles again and again while D1 does not answer, until the lease ends: deliveries without a recorded outcome are
 * then sent again. Nothing more of the task is tried meanwhile.
 */
async function settleUntilLeaseEnds(
  tools: DeliveryTools,
  run: TaskRun,
  verdicts: readonly Verdict[],
): Promise<Settled> {
  const { task, endpoint, rows } = run;
  const { from, to } = limits.settleAgainMs;
  let waitsMs: readonly number[] = limits.settleBackoffMs;
  for (let waitMs = from; ; waitMs = Math.min(2 * waitMs, to)) {
    try {
      return await settle(tools, { task, endpoint, rows, waitsMs }, verdicts);
    } catch (error) {
      run.mayCall = false;
      const tried = verdicts.some(({ attempt }) => attempt !== null);
      if (!tried || isFinal(error) || !maySettleAgain(tools, run, verdicts, waitMs)) throw error;
      await tools.clock.sleep(waitMs);
      waitsMs = [];
    }
  }
}

/** D1 would give this invocation the same answer again. */
function isFinal(error: unknown): boolean {
  return faultOf(error) === "rejected" || isPlatformLimit(error);
}

/** True if time and D1 queries are left for another try, beside the work that others have begun. */
function maySettleAgain(
  { clock, channelName }: DeliveryTools,
  { invocation, leaseEndsAt }: TaskRun,
  verdicts: readonly Verdict[],
  waitMs: number,
): boolean {
  const price = verdicts.reduce<number>(
    (sum, verdict) => sum + queriesOf(verdict),
    limits.d1QueriesPerSettling,
  );
  if (invocation.queriesLeft - price < queriesKept(channelName)) return false;
  return clock.now() + waitMs < Math.min(leaseEndsAt, invocation.endsAt);
}

/** Wakes the relay for the room that settled deliveries have made, even while the rest of the task runs. */
function wakeMeanwhile(tools: DeliveryTools, run: TaskRun, { announcedTo, nextAt }: Settled): void {
  const now = tools.clock.now();
  for (const tenantId of new Set(announcedTo)) tools.wake(tenantId, now);
  if (nextAt === null || now - run.wokenAt < limits.settleEveryMs) return;
  run.wokenAt = now;
  tools.wake(run.task.tenantId, nextAt, observationOf(tools, run, false));
}
