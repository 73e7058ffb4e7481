const KIB = 1024;
const SECOND = 1000;

/** Limits of the mailbox of development. */
export const mailboxLimits = {
  /** E-mails that it keeps, and characters of all together. */
  most: 500,
  mostSize: 16 * 1024 * KIB,
  /** Characters of one: a row of D1 has two million bytes, and a character up to three. */
  emailSize: 600 * KIB,
  /** Longest time for which a request waits for an e-mail, and e-mails for which a fate is chosen. */
  waitSeconds: 30,
  times: 1000,
} as const;

/** Limits of the built-in receiver of development. */
export const receiverLimits = {
  /** Requests that it keeps, and characters of all together. */
  arrivals: { most: 200, mostSize: 16 * 1024 * KIB },
  /** Bytes of a request's body that it keeps, and that it reads at most. */
  bodyBytes: 64 * KIB,
  bodyBytesRead: 1024 * KIB,
  /** Characters of a name below it, and names whose answers are chosen. */
  nameLength: 200,
  names: 100,
  /** Endpoints with the same target whose secrets are tried on a request. */
  secrets: 20,
  /** Longest chosen wait, requests that wait at once, and the longest time for which one without an answer waits. */
  seconds: 120,
  waiting: 50,
  neverMs: 120 * SECOND,
  /** Interval at which a waiting request looks whether it may end. */
  lookMs: 100,
} as const;
