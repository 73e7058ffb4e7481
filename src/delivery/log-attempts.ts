import { messageId } from "../domain/message-id.ts";
import { traceIdOf } from "../domain/trace-context.ts";
import type { LeasedRow } from "./rows.ts";
import type { DeliveryTools, TaskRun } from "./task-run.ts";
import type { Verdict } from "./verdict.ts";

/**
 * Logs the attempts among verdicts, as recorded. An attempt is unconfirmed if its verdict was not written, because its
 * lease or D1's answer was lost.
 */
export function logAttempts(
  tools: DeliveryTools,
  run: TaskRun,
  verdicts: readonly Verdict[],
  written: readonly Verdict[],
): void {
  const onRecord = new Map(written.map((verdict) => [verdict.seq, verdict]));
  for (const verdict of verdicts) {
    const row = run.rows.get(verdict.seq);
    if (row && verdict.attempt)
      logAttempt(tools, run, row, { meant: verdict, written: onRecord.get(verdict.seq) });
  }
}

function logAttempt(
  { log, channelName: channel }: DeliveryTools,
  { task, endpoint }: TaskRun,
  row: LeasedRow,
  { meant, written }: { meant: Verdict; written: Verdict | undefined },
): void {
  const { attempt, reason, dueAt } = written ?? meant;
  log("delivery.attempted", {
    tenant: task.tenantId,
    endpoint: endpoint.id,
    channel,
    message: messageId(row),
    sequence: row.seq,
    eventType: row.event_type,
    ...(row.traceparent && { traceId: traceIdOf(row.traceparent) }),
    attempt: row.attempts + 1,
    outcome: attempt?.outcome,
    ...(!written && { unconfirmed: true }),
    httpStatus: attempt?.httpStatus,
    error: attempt?.error,
    reason,
    nextAt: dueAt,
    durationMs: attempt?.durationMs,
  });
}
