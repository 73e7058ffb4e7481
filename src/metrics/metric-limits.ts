const SECOND = 1000;

/** Limits of the metrics, apart from `limits`: a Worker that serves none does not bundle them. */
export const metricLimits = {
  /** Entries that one reading counts: due deliveries, entries of ordering keys, dead letters, endpoints, kept events. */
  counted: { due: 20_000, keys: 10_000, dead: 10_000, endpoints: 10_000, events: 10_000 },
  /** Tenants that one reading shows, and the time over which it adds up their attempts. */
  tenants: 10,
  recentMs: 60 * 60 * SECOND,
  /** Time for which an isolate repeats an answer, the number of answers kept, and the longest wait for a reading under way. */
  keptMs: 10 * SECOND,
  answersKept: 20,
  readingMs: 10 * SECOND,
  /** Longest wait for the receiver of a push, and bytes of its answer that are read. */
  pushMs: 10 * SECOND,
  pushAnswerBytes: 4096,
} as const;
