import type { Leave } from "../domain/email-account.ts";
import { limits } from "../platform/limits.ts";
import { isAtItsEnd } from "./make-verdict.ts";
import { isFree } from "./pool.ts";
import type { LeasedRow } from "./rows.ts";
import type { DeliveryTools, TaskRun } from "./task-run.ts";

/**
 * Asks for leave to send a delivery: in a pool one account after the other, as long as none may have it already. Answers the
 * leave, and the tools of the account that gave it.
 */
export async function askForLeave(
  tools: DeliveryTools,
  run: TaskRun,
  row: LeasedRow,
): Promise<{ leave: Leave; tools: DeliveryTools }> {
  const next = isFree(row) ? tools.channel.pool?.next : undefined;
  const leave = await ask(tools, run, row, next !== undefined);
  if (!next || !("askAt" in leave) || leave.for !== "account") return { leave, tools };
  const other = await askForLeave({ ...tools, channel: next }, run, row);
  return "askAt" in other.leave && other.leave.askAt > leave.askAt ? { leave, tools } : other;
}

async function ask(
  tools: DeliveryTools,
  { endpoint, invocation }: TaskRun,
  row: LeasedRow,
  mayPass: boolean,
): Promise<Leave> {
  const { channel, clock, retrySchedule } = tools;
  const now = clock.now();
  const applicant = {
    payload: row.payload,
    endpointId: endpoint.id,
    isReturning: row.waits_since !== null,
    isLast: isAtItsEnd({ row, endpoint, retrySchedule }, now),
    mayPass,
    withinMs: Math.max(Math.min(invocation.beginsUntil, lastBeginning(tools, row)) - now, 0),
  };
  return (await channel.admit?.(applicant)) ?? { waitMs: 0 };
}

/** True if the lease leaves no time for an attempt and its record. */
export function isLate(tools: DeliveryTools, row: LeasedRow): boolean {
  return tools.clock.now() > lastBeginning(tools, row);
}

/** Last instant at which an attempt is not late. */
function lastBeginning({ timeoutMs }: DeliveryTools, { due_at }: LeasedRow): number {
  return due_at - timeoutMs - limits.settleMarginSeconds * 1000;
}
