const KIB = 1024;

/** Limits of an inbox, apart from the outbox's, because the inbox stands by itself. */
export const inboxLimits = {
  /** Default of the largest body. The outbox sends payloads of at most half of it. */
  bodyBytes: 512 * KIB,
  /**
   * Default and bounds of the days for which a webhook is remembered. The default covers an outbox's default retries
   * and dead letters.
   */
  rememberDays: 100,
  daysToRemember: { from: 1, to: 3650 },
  /** Expired records removed with each new one: more than one, or the table would never shrink. */
  forgottenAtOnce: 2,
  /** Seconds after which a sender may try again when D1 did not answer. */
  retryAfterSeconds: 5,
  sourceLength: 128,
  webhookIdLength: 256,
  /** Least bytes of a secret (https://www.standardwebhooks.com/, "Signature scheme"). */
  secretBytes: 24,
} as const;
