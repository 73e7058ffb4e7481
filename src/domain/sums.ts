/**
 * Fields of the sums of outcomes. `committed`: messages. `delivered`, `retried`, `dead`: outcomes; a delivery that dies untried
 * counts as dead, too. The classes tell why attempts failed, and add up to `retried` and `dead`.
 */
export const OUTCOME_FIELDS = ["delivered", "retried", "dead"] as const;

/**
 * Classes of failed attempts: an answer of 3xx, of 4xx, of 429, of 5xx; no answer in time; no connection; anything else, such as
 * a handler that threw, or a fault of the outbox itself.
 */
export const FAILURE_CLASSES = [
  "redirected",
  "refused",
  "throttled",
  "failed",
  "timed_out",
  "unreached",
  "other",
] as const;
export type FailureClass = (typeof FAILURE_CLASSES)[number];

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/**
 * Upper bounds of the classes of both histograms in milliseconds, inclusive; the last class, beyond them, has none. They never
 * change, so that sums of any age add up.
 */
export const LATENCY_BOUNDS_MS = [
  50,
  100,
  250,
  500,
  SECOND,
  2.5 * SECOND,
  5 * SECOND,
  10 * SECOND,
  30 * SECOND,
  MINUTE,
  5 * MINUTE,
  60 * MINUTE,
] as const;
export const DURATION_BOUNDS_MS = [
  10,
  25,
  50,
  100,
  250,
  500,
  SECOND,
  2.5 * SECOND,
  5 * SECOND,
  15 * SECOND,
] as const;

/** Columns of the histograms: delivered, by time since the commit; attempts, by duration. */
export const LATENCY_FIELDS = [
  "l0",
  "l1",
  "l2",
  "l3",
  "l4",
  "l5",
  "l6",
  "l7",
  "l8",
  "l9",
  "l10",
  "l11",
  "l12",
] as const;
export const DURATION_FIELDS = ["d0", "d1", "d2", "d3", "d4", "d5", "d6", "d7", "d8", "d9", "d10"] as const;

/**
 * Bounces of e-mails, and complaints about them, in the span in which they came: an e-mail counts once for each, however many of
 * its recipients it is about.
 */
export const RETURNED_FIELDS = ["hard_bounced", "soft_bounced", "complained"] as const;

/** Columns of a sum that count. */
export const SUM_FIELDS = [
  "committed",
  ...OUTCOME_FIELDS,
  ...FAILURE_CLASSES,
  ...RETURNED_FIELDS,
  ...LATENCY_FIELDS,
  ...DURATION_FIELDS,
] as const;
export type SumField = (typeof SUM_FIELDS)[number];

/** Lengths of spans in milliseconds: 5 minutes, an hour, a day. */
export const SUM_STEPS_MS = [5 * MINUTE, 60 * MINUTE, 24 * 60 * MINUTE] as const;
