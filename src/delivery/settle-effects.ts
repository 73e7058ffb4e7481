import { faultOf } from "../db/database.ts";
import { type EffectsTools, isNotAdmitted, planAnew, planByKnown, refusalOf } from "../outbox/effects.ts";
import { limits } from "../platform/limits.ts";
import { describeError } from "../platform/log.ts";
import { isLost } from "./statements.ts";
import type { Verdict } from "./verdict.ts";
import { type Settling, together, type WriteTools, type Written, writeVerdicts } from "./write-verdicts.ts";

export type SettleEffectsTools = EffectsTools & WriteTools;

/**
 * Settles deliveries, with the effects of their handlers in one batch. If D1 refuses the batch, each delivery with
 * effects is settled by itself, so that one handler's effects do not spoil another's. Effects that were checked by
 * outdated event types are checked anew first.
 */
export async function settleWithEffects(
  tools: SettleEffectsTools,
  settling: Settling,
  verdicts: readonly Verdict[],
): Promise<Written> {
  try {
    return await writeVerdicts(tools, settling, verdicts);
  } catch (error) {
    if (!verdicts.some(({ effects }) => effects) || !isRefused(error)) throw error;
    if (verdicts.length === 1) return settleRefused(tools, settling, verdicts[0] as Verdict, error);
    if (!isNotAdmitted(error)) return settleOneByOne(tools, settling, verdicts);
  }
  const anew = await planTogether(tools, verdicts);
  try {
    return await writeVerdicts(tools, settling, anew);
  } catch (error) {
    if (!isRefused(error)) throw error;
    return settleOneByOne(tools, settling, anew);
  }
}

/** True if the batch was not written, and never will be unchanged: it is wrong, or D1 has no room for it. */
function isRefused(error: unknown): boolean {
  const fault = faultOf(error);
  return fault === "rejected" || fault === "full";
}

/**
 * Reads the event types once for all effects. Effects that no longer fit stay unchanged, to be settled by themselves.
 */
async function planTogether(tools: SettleEffectsTools, verdicts: readonly Verdict[]): Promise<Verdict[]> {
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
  tools: SettleEffectsTools,
  settling: Settling,
  verdicts: readonly Verdict[],
): Promise<Written> {
  const others = verdicts.filter(({ effects }) => !effects);
  const withEffects = verdicts.filter(({ effects }) => effects);
  const groups = [...(others.length > 0 ? [others] : []), ...withEffects.map((one) => [one])];
  const parts: Written[] = [];
  for (const group of groups) parts.push(await settleWithEffects(tools, settling, group));
  return together(parts);
}

/**
 * Settles a delivery whose batch D1 has refused. Its lease is lost, perhaps to this very batch when the answer got
 * lost; or the tenant's event types have changed; or D1 refuses the handler's effects, and the attempt has failed.
 */
async function settleRefused(
  tools: SettleEffectsTools,
  settling: Settling,
  verdict: Verdict,
  cause: unknown,
): Promise<Written> {
  let { effects } = verdict;
  let error = cause;
  for (let tries = 1; effects && isNotAdmitted(error) && tries < limits.commitTries; tries++) {
    try {
      effects = { ...effects, planned: await planAnew(tools, effects.planned) };
      return await writeVerdicts(tools, settling, [{ ...verdict, effects }]);
    } catch (again) {
      if (!isRefused(again)) throw again;
      error = again;
    }
  }
  // In a database that was set back the lease may stand again, so uncommitted effects must not count as done.
  if (isLost(error)) {
    const { tenantId } = settling.task;
    return { ...(await writeVerdicts(tools, settling, [])), announcedTo: [tenantId] };
  }
  const { tenantId: tenant, endpointId: endpoint } = settling.task;
  tools.log("handler.effects_refused", {
    tenant,
    endpoint,
    sequence: verdict.seq,
    error: describeError(error),
  });
  return writeVerdicts(tools, settling, effects ? [effects.refused(refusalOf(error, effects.planned))] : []);
}
