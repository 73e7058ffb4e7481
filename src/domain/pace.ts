const SECOND = 1000;
/** An alarm may be late by so much, and the rate limit is used in full all the same. */
const SLACK_MS = 1000;

/** Facts that decide when an endpoint with something to do may be served. Instants in milliseconds. */
export interface Pace {
  due_at: number;
  /** Its breaker is open until then. */
  held_until: number | null;
  /** After that one delivery is being tried, until then at most. */
  probe_until: number | null;
  /** Deliveries in a second; null for as many as come. */
  rate_limit: number | null;
  /** Instant until which the rate limit is used up. */
  paced_to: number | null;
}

/** When the relay serves it next. A rate limit is used a second's worth at a time. */
export function readyAt({ due_at, held_until, probe_until, rate_limit, paced_to }: Pace): number {
  const pacedAt = rate_limit === null ? 0 : (paced_to ?? 0) + turnMs(rate_limit);
  const probedAt = held_until === null ? 0 : (probe_until ?? 0);
  return Math.max(due_at, held_until ?? 0, probedAt, pacedAt);
}

/** How many deliveries the rate limit allows now. */
export function allowance(
  { rate_limit, paced_to }: Pick<Pace, "rate_limit" | "paced_to">,
  now: number,
): number {
  if (rate_limit === null) return Number.POSITIVE_INFINITY;
  const unusedMs = Math.min(now - (paced_to ?? 0), usableMs(rate_limit));
  // A millisecond's rounding must not cost a delivery.
  return Math.max(Math.floor((unusedMs * rate_limit) / SECOND + 1e-6), 0);
}

/** The time that one turn's deliveries take: a second, or as long as one delivery needs. */
function turnMs(rateLimit: number): number {
  return Math.max(SECOND, SECOND / rateLimit);
}

/** Time for which an unused rate limit is kept. */
export function usableMs(rateLimit: number): number {
  return turnMs(rateLimit) + SLACK_MS;
}
