import { isPoison, isSuspect } from "../domain/suspicion.ts";
import { ALONE, isAlone } from "./alone.ts";
import { isExpired } from "./expired.ts";
import { isHeldInDoubt } from "./hold.ts";
import { isAtItsEnd } from "./make-verdict.ts";
import type { LeasedRow } from "./rows.ts";
import type { DeliveryTools, TaskRun } from "./task-run.ts";
import type { Verdict } from "./verdict.ts";

/**
 * True if a delivery shares a request with others: it did so before, without an answer; or it keeps no order, is for sure in no
 * request under way, and all consumers of its task would have it share one. A sensitive e-mail is wiped when it is settled, and
 * could not be part of a repetition.
 */
export function mayJoin(
  { channel, clock, retrySchedule }: DeliveryTools,
  run: TaskRun,
  row: LeasedRow,
): boolean {
  const { endpoint, task } = run;
  if (!channel.batch || isAlone(row.batch) || row.ordering_key !== null || row.sealed) return false;
  if (isHeldInDoubt(row, endpoint)) return false;
  if (isPoison(row.starts)) return false;
  // The word on a request counts for all who are in it, also for an address that was suppressed meanwhile.
  if (row.batch !== null) return true;
  if (row.suppressed || isExpired({ row, endpoint }, clock.now())) return false;
  if (isSuspect(task.starts ?? 0) || row.claims > 1 || task.seqs.length === 1) return false;
  const isLast = isAtItsEnd({ row, endpoint, retrySchedule }, clock.now());
  return !isLast && channel.batch.groupOf({ payload: row.payload, endpointId: endpoint.id }) !== undefined;
}

/** A delivery that goes by itself may be on its way in another consumer of its task, and shares no request later. */
export function unshared(tools: DeliveryTools, run: TaskRun, row: LeasedRow, verdict: Verdict): Verdict {
  const { batch, pool } = tools.channel;
  const isOnItsOwn = pool || !batch || isHeldInDoubt(row, run.endpoint);
  return isOnItsOwn || mayJoin(tools, run, row) ? verdict : { ...verdict, batch: ALONE };
}
