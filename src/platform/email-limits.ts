const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Limits of a provider's account of e-mails. */
export const emailLimits = {
  /** Interval at which a refused sender is tried again. */
  emailSenderHoldMs: 10 * MINUTE,
  /** Wait before a refused account is tried again: the first, doubled each time up to the longest. */
  emailAccountHoldMs: { from: 30 * SECOND, to: 10 * MINUTE },
  /** Time within which the outcome of a trial is known: an attempt, and the wait for its slot. */
  emailProbeMs: 30 * SECOND,
  /** Refused senders that an account knows at once. */
  emailHolds: 1000,
  /** Longest wait for a turn within a consumer. An e-mail that would wait longer is put off. */
  emailTurnMs: 10 * SECOND,
  /** Time between two turns, as a share of what the account's rate asks for. */
  emailSpacing: 1.1,
  /** Wait of a refusal that spares the schedule, where nobody asked for another. */
  sparedWaitMs: 5 * SECOND,
  /** Least time for which a delivery is tried that is refused so. */
  sparedForMs: 24 * HOUR,
  /** Bytes of a request with events of e-mails. */
  emailEventsBytes: 1024 * 1024,
  /** Events that are recorded by one transaction. */
  emailEventsAtOnce: 100,
  /** Characters of an event's id, of a provider's id of an e-mail, and of the words of a mail server. */
  emailEventIdLength: 256,
  emailEventDetailLength: 500,
  /** Events that say that an e-mail is put off: so many of a message are kept. */
  emailDeferralsKept: 20,
  /** Age of a signature: of a provider that signs each repetition anew, and of one that repeats for up to a day what it has signed once. */
  emailSignatureMs: { anew: 5 * MINUTE, once: 24 * HOUR },
  /** Time by which clocks of providers may be ahead. */
  emailEventSkewMs: 5 * MINUTE,
  /** Time for which an event waits for its e-mail to be on record, and the number that may wait. */
  emailUnmatchedMs: 7 * 24 * HOUR,
  emailUnmatchedKept: 10_000,
  /** Time for which an address is suppressed after a soft bounce, and after its first hard one. */
  suppressedMs: { softBounce: 24 * HOUR, hardBounce: 7 * 24 * HOUR },
  /** Time in which Amazon answers with its certificate, or confirms a subscription. */
  amazonMs: 10 * SECOND,
  /** Bytes of a certificate, and certificates that an isolate remembers. */
  certificateBytes: 16 * 1024,
  certificatesKept: 10,
  /** Time in which the keeper of an account answers. */
  emailKeeperMs: 2 * SECOND,
};
