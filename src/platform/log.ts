/**
 * Events of the log, one wide event per unit of work; `docs/operate/monitoring.md` lists them. Fields hold ids, counts,
 * times and error classes, never a payload or a secret.
 */
export type Log = (event: LogEvent, fields: Record<string, unknown>) => void;

export type LogEvent =
  | "http.request"
  | "request.answer_lost"
  | "rate_limit.missing"
  | "address.held"
  | "dashboard.authorize_failed"
  | "dashboard.url_missing"
  | "message.committed"
  | "message.hand_over_failed"
  | "relay.wake_failed"
  | "relay.drained"
  | "relay.drain_failed"
  | "relay.nameless"
  | "relay.send_refused"
  | "delivery.attempted"
  | "delivery.task_done"
  | "delivery.task_failed"
  | "delivery.task_rejected"
  | "delivery.poisoned"
  | "handler.threw"
  | "handler.effects_refused"
  | "endpoint.held"
  | "endpoint.freed"
  | "endpoint.disabled"
  | "endpoint.health_lost"
  | "sweep.done"
  | "sweep.failed"
  | "sweep.report_failed"
  | "storage.filling"
  | "cron.record_failed"
  | "metrics.push_failed"
  | "warnings.failed"
  | "system_events.tenant_missing"
  | "key.repaired"
  | "key.repair_failed"
  | "sums.done"
  | "sums.failed"
  | "purge.done"
  | "purge.failed"
  | "secrets.unavailable"
  | "secrets.resealed"
  | "secrets.reseal_failed"
  | "email_events.recorded"
  | "email_events.refused"
  | "email_events.failed"
  | "email_events.set_aside"
  | "email_events.dropped"
  | "unsubscribe.recorded"
  | "unsubscribe.refused"
  | "unsubscribe.failed"
  | "inbox.received"
  | "inbox.refused"
  | "inbox.failed";

/** drizzle quotes a failed query with all its values. */
const FAILED_QUERY = /^Failed query: /;

/**
 * Description of an error for a log: its name and message, without a stack. Without a parser's message, which quotes
 * its input.
 */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof SyntaxError) return error.name;
  if (FAILED_QUERY.test(error.message)) return describeError(error.cause);
  return `${error.name}: ${error.message}`;
}

/** Frames of an error's stack, without the words before them. Undefined where it has none. */
export function framesOf(error: unknown): string | undefined {
  const frames =
    error instanceof Error ? error.stack?.split("\n").filter((line) => /^\s+at /.test(line)) : undefined;
  return frames?.map((line) => line.trim()).join("\n");
}
