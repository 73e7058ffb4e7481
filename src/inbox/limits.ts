const KIB = 1024;

/** The numbers an inbox is bounded by. It stands by itself, and so do they. */
export const inboxLimits = {
  /** A body, unless said otherwise. The outbox sends payloads of half of it at most. */
  bodyBytes: 512 * KIB,
  /**
   * How long a webhook is remembered, unless said otherwise: for as long as an outbox can send it by default, through its retries
   * and as a dead letter. What may be said.
   */
  rememberDays: 100,
  daysToRemember: { from: 1, to: 3650 },
  /** Older ones that are forgotten with each new one: more than one, or the table would not get smaller. */
  forgottenAtOnce: 2,
  /** When a sender may try again after D1 did not answer. */
  retryAfterSeconds: 5,
  sourceLength: 128,
  webhookIdLength: 256,
  /** What a secret must have at least (https://www.standardwebhooks.com/, "Signature scheme"). */
  secretBytes: 24,
} as const;
