const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Limits of the reception of e-mails' events, apart from `limits`: only a Worker with the reception bundles them. */
export const emailEventLimits = {
  /** Bytes of a request with events of e-mails. */
  emailEventsBytes: 1024 * 1024,
  /** Time within which its body comes. */
  emailEventBodyMs: 15 * SECOND,
  /** Events that are recorded by one transaction. */
  emailEventsAtOnce: 100,
  /** Characters of an event's id, of a provider's id of an e-mail, and of the words of a mail server. */
  emailEventIdLength: 256,
  emailEventDetailLength: 500,
  /** Events that say that an e-mail is put off: so many of a message are kept. */
  emailDeferralsKept: 20,
  /** Wait before the queue hands out an event again: the first, doubled each time, and the longest. */
  emailEventRetrySeconds: { first: 5, longest: 3600 },
  /** Age of a signature. Some providers repeat for up to a day what they have signed once, and a repetition changes nothing. */
  emailSignatureMs: 24 * HOUR,
  /** Characters of a signature in base 64. */
  signatureLength: 4096,
  /** Time by which clocks of providers may be ahead. */
  emailEventSkewMs: 5 * MINUTE,
  /** Time for which an address is suppressed after a soft bounce, and after its first hard one. */
  suppressedMs: { softBounce: 24 * HOUR, hardBounce: 7 * 24 * HOUR },
  /** Time in which Amazon answers with its certificate, or confirms a subscription. */
  amazonMs: 10 * SECOND,
  /** Bytes of a certificate, and certificates that an isolate remembers. */
  certificateBytes: 16 * 1024,
  certificatesKept: 10,
} as const;
