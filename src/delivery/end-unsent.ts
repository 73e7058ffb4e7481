import { UNCERTAIN } from "../domain/email-status.ts";
import { attemptedVerdict, untriedDeadVerdict } from "./make-verdict.ts";
import type { LeasedRow } from "./rows.ts";
import { SUPPRESSED_REPLY } from "./suppressed.ts";
import type { DeliveryTools, TaskRun } from "./task-run.ts";
import type { Verdict } from "./verdict.ts";

/**
 * Ends a delivery that was begun repeatedly and never recorded: it killed its consumers, and other deliveries with
 * them.
 */
export function endPoisoned(tools: DeliveryTools, run: TaskRun, row: LeasedRow): Verdict {
  const { tenantId: tenant, endpointId: endpoint } = run.task;
  tools.log("delivery.poisoned", { tenant, endpoint, sequence: row.seq, starts: row.starts });
  return endDead(tools, run, row, "poison");
}

/** Ends an e-mail that its former consumer, or an attempt, may have sent, and that is not to be sent again in doubt. */
export function endInDoubt(tools: DeliveryTools, run: TaskRun, row: LeasedRow): Verdict {
  return endDead(tools, run, row, UNCERTAIN);
}

function endDead(
  { clock, random, retrySchedule }: DeliveryTools,
  { endpoint }: TaskRun,
  row: LeasedRow,
  reason: "poison" | typeof UNCERTAIN,
): Verdict {
  return untriedDeadVerdict({ row, endpoint, retrySchedule }, reason, clock.now(), random);
}

/** Ends an e-mail to nobody but suppressed addresses, without a call and without asking its account. */
export function endSuppressed(
  { clock, random, retrySchedule }: DeliveryTools,
  { endpoint }: TaskRun,
  row: LeasedRow,
): Verdict {
  const now = clock.now();
  const attempted = { reply: SUPPRESSED_REPLY, startedAt: now, endedAt: now };
  return attemptedVerdict({ row, endpoint, retrySchedule }, attempted, random);
}
