import type { Leave } from "../domain/email-account.ts";
import { limits } from "../platform/limits.ts";
import { isAtItsEnd } from "./make-verdict.ts";
import type { LeasedRow } from "./rows.ts";
import type { DeliveryTools, TaskRun } from "./task-run.ts";

/** Asks the channel for leave to send a delivery. */
export async function askForLeave(
  tools: DeliveryTools,
  { task, endpoint, invocation }: TaskRun,
  row: LeasedRow,
): Promise<Leave> {
  const { channel, clock, retrySchedule } = tools;
  const now = clock.now();
  const applicant = {
    payload: row.payload,
    endpointId: endpoint.id,
    tenantId: task.tenantId,
    isReturning: row.waits_since !== null,
    isLast: isAtItsEnd({ row, endpoint, retrySchedule }, now),
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
