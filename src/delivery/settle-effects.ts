import { faultOf } from "../db/database.ts";
import { isNotAdmitted, planAnew, planByKnown, refusalOf } from "../outbox/effects.ts";
import { limits } from "../platform/limits.ts";
import { describeError } from "../platform/log.ts";
import type { DeliveryTask } from "../relay/delivery-task.ts";
import { type Recorded, type SettleTools, together } from "./settle.ts";
import { isLost, type Verdict } from "./statements.ts";

type SettleNow = (verdicts: readonly Verdict[]) => Promise<Recorded>;

/**
 * What handlers gave to commit goes into the batch that settles them. Should D1 refuse the batch, each of them is settled
 * by itself: what one gave to commit is not to spoil the others'. Unless it was checked by outdated event types, which is
 * made good for all of them together.
 */
export async function settleWithEffects(
  tools: SettleTools,
  task: DeliveryTask,
  verdicts: readonly Verdict[],
  settleNow: SettleNow,
): Promise<Recorded> {
  try {
    return await settleNow(verdicts);
  } catch (error) {
    if (!verdicts.some(({ effects }) => effects) || !isRefused(error)) throw error;
    if (verdicts.length === 1) return settleRefused(tools, task, verdicts[0] as Verdict, error, settleNow);
    if (!isNotAdmitted(error)) return settleOneByOne(tools, task, verdicts, settleNow);
  }
  const anew = await planTogether(tools, verdicts);
  try {
    return await settleNow(anew);
  } catch (error) {
    if (!isRefused(error)) throw error;
    return settleOneByOne(tools, task, anew, settleNow);
  }
}

/** Nothing of the batch was written, and nothing will be as it is: it is wrong, or D1 has no room for it. */
function isRefused(error: unknown): boolean {
  const fault = faultOf(error);
  return fault === "rejected" || fault === "full";
}

/** Reads the event types once for all of them. What fits no longer stays as it is: it will be looked at by itself. */
async function planTogether(tools: SettleTools, verdicts: readonly Verdict[]): Promise<Verdict[]> {
  const anew: Verdict[] = [];
  let plan = planAnew;
  for (const verdict of verdicts) {
    const { effects } = verdict;
    const planned = effects && (await unlessRefused(plan(tools, effects.planned)));
    if (planned) plan = planByKnown;
    anew.push(planned ? { ...verdict, effects: { ...effects, planned } } : verdict);
  }
  return anew;
}

async function unlessRefused<T>(planning: Promise<T>): Promise<T | undefined> {
  try {
    return await planning;
  } catch (error) {
    if (faultOf(error) !== "rejected") throw error;
    return undefined;
  }
}

async function settleOneByOne(
  tools: SettleTools,
  task: DeliveryTask,
  verdicts: readonly Verdict[],
  settleNow: SettleNow,
): Promise<Recorded> {
  const others = verdicts.filter(({ effects }) => !effects);
  const withEffects = verdicts.filter(({ effects }) => effects);
  const groups = [...(others.length > 0 ? [others] : []), ...withEffects.map((one) => [one])];
  const parts: Recorded[] = [];
  for (const group of groups) parts.push(await settleWithEffects(tools, task, group, settleNow));
  return together(parts);
}

/**
 * Nothing was written. The lease is lost, or was this one's before an answer that got lost; the tenant's event types have
 * changed; or D1 does not take what the handler gave: then the attempt has failed.
 */
async function settleRefused(
  tools: SettleTools,
  task: DeliveryTask,
  verdict: Verdict,
  cause: unknown,
  settleNow: SettleNow,
): Promise<Recorded> {
  let { effects } = verdict;
  let error = cause;
  for (let tries = 1; effects && isNotAdmitted(error) && tries < limits.commitTries; tries++) {
    try {
      effects = { ...effects, planned: await planAnew(tools, effects.planned) };
      return await settleNow([{ ...verdict, effects }]);
    } catch (again) {
      if (!isRefused(again)) throw again;
      error = again;
    }
  }
  // Should the lease stand again, of a database that was set back, what was not committed must not count as done.
  if (isLost(error)) return { ...(await settleNow([])), announced: true };
  tools.log("handler.effects_refused", {
    tenant: task.tenantId,
    endpoint: task.endpointId,
    sequence: verdict.seq,
    error: describeError(error),
  });
  return settleNow(effects ? [effects.refused(refusalOf(error))] : []);
}
