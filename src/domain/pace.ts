const SECOND = 1000;
/** Lateness of an alarm that loses nothing of the rate limit, in milliseconds. */
const SLACK_MS = 1000;

/** Facts that decide when a waiting endpoint may be served. Instants in milliseconds. */
export interface Pace {
  due_at: number;
  /** Instant until which its breaker is open. */
  held_until: number | null;
  /** Instant until which a probe may be under way. */
  probe_until: number | null;
  /** Deliveries per second; null for no limit. */
  rate_limit: number | null;
  /** Instant until which the rate limit is used up. */
  paced_to: number | null;
}

/** Instant of its next turn. A rate limit is used in turns of a second. */
export function readyAt({ due_at, held_until, probe_until, rate_limit, paced_to }: Pace): number {
  return Math.max(due_at, heldUntil({ held_until, probe_until }), pacedUntil({ rate_limit, paced_to }));
}

/** Instant until which its breaker lets nothing pass: it is open, or a probe is under way. 0 for a closed one. */
export function heldUntil({ held_until, probe_until }: Pick<Pace, "held_until" | "probe_until">): number {
  return held_until === null ? 0 : Math.max(held_until, probe_until ?? 0);
}

/** Instant of the next turn by the rate limit. 0 without a limit. */
export function pacedUntil({ rate_limit, paced_to }: Pick<Pace, "rate_limit" | "paced_to">): number {
  return rate_limit === null ? 0 : (paced_to ?? 0) + turnMs(rate_limit);
}

/** Number of deliveries that the rate limit allows now. */
export function allowance(
  { rate_limit, paced_to }: Pick<Pace, "rate_limit" | "paced_to">,
  now: number,
): number {
  if (rate_limit === null) return Number.POSITIVE_INFINITY;
  const unusedMs = Math.min(now - (paced_to ?? 0), usableMs(rate_limit));
  // A millisecond's rounding must not cost a delivery.
  return Math.max(Math.floor((unusedMs * rate_limit) / SECOND + 1e-6), 0);
}

/** Duration of one turn: a second, or longer if a single delivery needs it. */
function turnMs(rateLimit: number): number {
  return Math.max(SECOND, SECOND / rateLimit);
}

/** Time for which an unused rate limit is kept. */
export function usableMs(rateLimit: number): number {
  return turnMs(rateLimit) + SLACK_MS;
}
