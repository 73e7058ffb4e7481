import { limits } from "../platform/limits.ts";
import type { StatsSpan } from "./filters.ts";

/** From an instant to before another. */
export interface Span {
  since: number;
  until: number;
}

/**
 * A span as its answer shows it, the last 24 hours by default; and as it is counted: one without an end includes what
 * happens at this moment, or by a clock that is ahead.
 */
export function spanOf(given: StatsSpan, now: number): { span: Span; counted: Span } {
  const until = given.until ?? now;
  const since = given.since ?? until - limits.statsWindowMs;
  return { span: { since, until }, counted: { since, until: given.until ?? Number.MAX_SAFE_INTEGER } };
}
