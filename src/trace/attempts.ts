import { columnsOf, type RowOf } from "../db/row.ts";
import type { attempts } from "../db/schema.ts";
import type { Outcome } from "../domain/states.ts";
import type { DeliveryView } from "./delivery-view.ts";

const OF_ATTEMPT = [
  "endpoint_id",
  "n",
  "outcome",
  "started_at",
  "duration_ms",
  "http_status",
  "error",
  "excerpt",
] as const;

/** SQL: columns of an attempt `a`. */
export const ATTEMPT_COLUMNS = columnsOf<typeof attempts>("a", OF_ATTEMPT);

/** Row of `ATTEMPT_COLUMNS`. */
export type AttemptRow = RowOf<typeof attempts, (typeof OF_ATTEMPT)[number]>;

/** An attempt of a delivery. Instants in milliseconds. */
export interface AttemptTrace {
  number: number;
  startedAt: number;
  durationMs: number;
  outcome: Outcome;
  httpStatus: number | null;
  error: string | null;
  responseExcerpt: string | null;
}

type LatestAttempt = "startedAt" | "durationMs" | "httpStatus" | "error" | "responseExcerpt";

/** A delivery with all of its attempts in place of the latest, oldest first. */
export interface DeliveryDetail extends Omit<DeliveryView, "attempts" | LatestAttempt> {
  attempts: AttemptTrace[];
}

/** Puts its attempts in place of the latest. `rows` may hold those of other deliveries of its message, too. */
export function withAttempts(delivery: DeliveryView, rows: readonly AttemptRow[]): DeliveryDetail {
  const { startedAt, durationMs, httpStatus, error, responseExcerpt, ...shown } = delivery;
  return { ...shown, attempts: viewAttempts(delivery, rows) };
}

/** The attempts of a delivery that have rows of their own; the one that has none, if that is the only one. */
export function viewAttempts(delivery: DeliveryView, rows: readonly AttemptRow[]): AttemptTrace[] {
  const own = rows.filter((row) => row.endpoint_id === delivery.endpointId);
  return delivery.attempts === 1 && own.length === 0 ? [onlyAttempt(delivery)] : own.map(viewAttempt);
}

function viewAttempt(row: AttemptRow): AttemptTrace {
  return {
    number: row.n,
    startedAt: row.started_at,
    durationMs: row.duration_ms,
    outcome: row.outcome,
    httpStatus: row.http_status,
    error: row.error,
    responseExcerpt: row.excerpt,
  };
}

/** A first attempt that delivered stands in its delivery's row alone. */
function onlyAttempt({
  startedAt,
  durationMs,
  httpStatus,
  error,
  responseExcerpt,
}: DeliveryView): AttemptTrace {
  return {
    number: 1,
    startedAt: startedAt ?? 0,
    durationMs: durationMs ?? 0,
    outcome: "delivered",
    httpStatus,
    error,
    responseExcerpt,
  };
}
