import type { Random } from "../platform/clock.ts";
import { limits } from "../platform/limits.ts";

/**
 * Seconds to wait before each retry. The first attempt is made at once; after it and 9 retries over a bit more than
 * three days the delivery is dead. Each wait varies by ±20 %, so that deliveries that failed together are not retried
 * together.
 *
 *     attempt  1    2    3     4      5    6    7     8     9     10
 *     wait     0    5 s  5 min 30 min 2 h  5 h  10 h  14 h  20 h  24 h
 */
export const DEFAULT_RETRY_SCHEDULE: readonly number[] = [
  5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400,
];

/** Wait after attempt `n` failed, in milliseconds; undefined after the last. */
export function retryDelayMs(schedule: readonly number[], n: number, random: Random): number | undefined {
  const seconds = schedule[n - 1];
  if (seconds === undefined) return undefined;
  const factor = 1 + limits.jitter * (2 * random.fraction() - 1);
  return Math.round(seconds * 1000 * factor);
}
