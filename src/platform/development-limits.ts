const KIB = 1024;
const SECOND = 1000;

/** Limits of the inspector, which only development has: a part of `limits`. */
export const developmentLimits = {
  /** E-mails in the mailbox, and characters of all together. */
  mailbox: { most: 200, mostSize: 16 * 1024 * KIB },
  /** Requests that the receiver keeps, and characters of all together. */
  arrivals: { most: 200, mostSize: 16 * 1024 * KIB },
  /** Bytes of a request's body that the receiver keeps, and that it reads at most. */
  arrivalBytes: 64 * KIB,
  arrivalBytesRead: 1024 * KIB,
  /** Characters of a name below the receiver, and names whose answers are chosen. */
  receiverNameLength: 200,
  receiverNames: 100,
  /** Endpoints with the same target whose secrets are tried on a request. */
  receiverSecrets: 20,
  /** Longest chosen wait, requests that the receiver lets wait at once, and the longest time for which one without an answer waits. */
  receiverSeconds: 120,
  receiverWaiting: 50,
  receiverNeverMs: 120 * SECOND,
  /** Interval at which a waiting request looks whether it may end. */
  receiverLookMs: 100,
} as const;
