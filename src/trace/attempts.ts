import { columnsOf, type RowOf } from "../db/row.ts";
import type { attempts } from "../db/schema.ts";
import type { Outcome } from "../domain/states.ts";
import {
  type DeliveryNow,
  type DeliveryRow,
  type DeliveryView,
  headersIn,
  type MessageView,
  viewDeliveryAt,
} from "./delivery-view.ts";
import { type EmailEventRow, type RecipientTrace, viewRecipients } from "./recipients.ts";
import { targetThen } from "./target-then.ts";

const OF_ATTEMPT = [
  "endpoint_id",
  "n",
  "outcome",
  "started_at",
  "duration_ms",
  "http_status",
  "error",
  "excerpt",
  "response_headers",
] as const;

const TARGET_NOW =
  "(SELECT e.target FROM outbox_endpoints e WHERE e.tenant_id = ?1 AND e.id = a.endpoint_id)";

/** SQL: columns of an attempt `a` of the tenant `?1`. */
export const ATTEMPT_COLUMNS = `${columnsOf<typeof attempts>("a", OF_ATTEMPT)}, ${targetThen("a", TARGET_NOW)} AS target`;

/** Row of `ATTEMPT_COLUMNS`. */
export interface AttemptRow extends RowOf<typeof attempts, (typeof OF_ATTEMPT)[number]> {
  target: string | null;
}

/** An attempt of a delivery. Instants in milliseconds. */
export interface AttemptTrace {
  number: number;
  startedAt: number;
  durationMs: number;
  outcome: Outcome;
  httpStatus: number | null;
  error: string | null;
  responseExcerpt: string | null;
  /** Target that was called. Null: the endpoint has none, or it is not known any more. */
  target: string | null;
  /** Headers of the answer that help to find its cause. */
  responseHeaders: Record<string, string> | null;
}

type LatestAttempt = keyof Omit<AttemptTrace, "number" | "outcome">;

/** A delivery with all of its attempts in place of the latest, oldest first. */
export interface DeliveryDetail extends Omit<DeliveryNow, "attempts" | LatestAttempt> {
  attempts: AttemptTrace[];
  /** Recipients of an e-mail, with what came back of it. Null: it is none. */
  recipients: RecipientTrace[] | null;
  /** `own`: retry schedule of its endpoint, in seconds; null: it has none. `used`: attempts that it counts so far. */
  schedule: { own: number[] | null; used: number };
}

/** Rows of a delivery. `attempts` may hold those of other deliveries of its message, too. */
interface Traced {
  row: DeliveryRow;
  message: MessageView;
  attempts: readonly AttemptRow[];
  emailEvents: readonly EmailEventRow[];
  /** Payload of a direct e-mail, as JSON; null for others. */
  payload: string | null;
}

/** Shows a delivery with its attempts in place of the latest. */
export function viewDetailAt(
  now: number,
  { row, message, attempts, emailEvents, payload }: Traced,
): DeliveryDetail {
  const delivery: DeliveryNow = viewDeliveryAt(now, row, message);
  const { startedAt, durationMs, httpStatus, error, responseExcerpt, target, responseHeaders, ...shown } =
    delivery;
  const own: number[] | null = row.retry_schedule === null ? null : JSON.parse(row.retry_schedule);
  return {
    ...shown,
    attempts: viewAttempts(delivery, attempts),
    recipients: viewRecipients(delivery, payload, emailEvents),
    schedule: { own, used: row.attempts - row.schedule_from - row.spared },
  };
}

/** The attempts of a delivery that have rows of their own; the one that has none, if that is the only one. */
export function viewAttempts(delivery: DeliveryView, rows: readonly AttemptRow[]): AttemptTrace[] {
  const own = rows.filter((row) => row.endpoint_id === delivery.endpointId);
  return delivery.attempts === 1 && own.length === 0 ? [onlyAttempt(delivery)] : own.map(viewAttempt);
}

export function viewAttempt(row: AttemptRow): AttemptTrace {
  return {
    number: row.n,
    startedAt: row.started_at,
    durationMs: row.duration_ms,
    outcome: row.outcome,
    httpStatus: row.http_status,
    error: row.error,
    responseExcerpt: row.excerpt,
    target: row.target,
    responseHeaders: headersIn(row.response_headers),
  };
}

/** A first attempt that delivered stands in its delivery's row alone. */
function onlyAttempt({
  startedAt,
  durationMs,
  httpStatus,
  error,
  responseExcerpt,
  target,
  responseHeaders,
}: DeliveryView): AttemptTrace {
  return {
    number: 1,
    startedAt: startedAt ?? 0,
    durationMs: durationMs ?? 0,
    outcome: "delivered",
    httpStatus,
    error,
    responseExcerpt,
    target,
    responseHeaders,
  };
}
