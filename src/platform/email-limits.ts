const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Limits of a provider's account of e-mails. */
export const emailLimits = {
  /** Characters of an address with its name, as it is printed. */
  addressLength: 320,
  /** Places in an e-mail that its unsubscribe link stands in. */
  unsubscribeMarks: 20,
  /** Interval at which a refused sender is tried again. */
  emailSenderHoldMs: 10 * MINUTE,
  /** Wait before a refused account is tried again: the first, doubled each time up to the longest. */
  emailAccountHoldMs: { from: 30 * SECOND, to: 10 * MINUTE },
  /** Failures in a row after which an account counts as one that does not answer, where another one may take its e-mails. */
  emailFailures: 3,
  /** Wait of an e-mail whose account refused it, before another account takes it. */
  emailPassMs: SECOND,
  /** Time within which the outcome of a trial is known: an attempt, and the wait for its slot. */
  emailProbeMs: 30 * SECOND,
  /** Refused senders that an account knows at once. */
  emailHolds: 1000,
  /** Longest wait for a turn within a consumer. An e-mail that would wait longer is put off. */
  emailTurnMs: 10 * SECOND,
  /** Time between two turns, as a share of what the account's rate asks for. */
  emailSpacing: 1.1,
  /** Wait of an account that asks for fewer requests and names no time: the first, doubled each time up to the longest. */
  emailOwnWaitMs: { from: 5 * SECOND, to: 10 * MINUTE },
  /** Wait of a refusal that spares the schedule, where nobody asked for another. */
  sparedWaitMs: 5 * SECOND,
  /** Least time for which a delivery is tried that is refused so. */
  sparedForMs: 24 * HOUR,
  /**
   * Headers of an e-mail, the length of a name, and bytes: of a value, and of all with the tags, which leave room for the
   * outbox's own in Cloudflare's 16 KB (https://developers.cloudflare.com/email-service/reference/headers/); and the longest run
   * without a space that fits a line of 998 characters.
   */
  emailHeaders: 20,
  emailHeaderNameLength: 100,
  emailHeaderBytes: 2048,
  emailHeadersBytes: 16_000,
  emailHeaderRun: 900,
  /** Addresses that receive answers. */
  replyTos: 10,
  /**
   * Tags of an e-mail, and the lengths of their names and values: Postmark takes these lengths, and ten tags, of which two are
   * the outbox's (https://postmarkapp.com/support/article/1125-custom-metadata-faq, read on 30 November 2026).
   */
  emailTags: 8,
  emailTagNameLength: 20,
  emailTagLength: 80,
  /**
   * Files of an e-mail, and bytes of those that R2 keeps: in base64, beside a whole payload, they fit the 5 MiB of an e-mail
   * that Cloudflare takes (https://developers.cloudflare.com/email-service/platform/limits/).
   */
  emailAttachments: 20,
  emailFilesBytes: 3 * 1024 * 1024,
  /** Files in R2 that one commit names: each is read, and a Worker may make only so many calls. */
  emailFilesPerCommit: 40,
  /**
   * Bytes of files from R2 that an isolate sends at once. With its base64, its JSON and its bytes on the wire each takes up
   * to six times as much of the 128 MB. An attempt that was killed counts for so long.
   */
  emailFilesAtOnceBytes: 8 * 1024 * 1024,
  emailFilesHoldMs: 5 * MINUTE,
  /** Characters of the payloads that one request of several e-mails has. */
  emailBatchLength: 1024 * 1024,
  /** Bytes read of the answer to several e-mails at once, which has an id or an error for each. */
  batchAnswerBytes: 128 * 1024,
  /** Time for which an event waits for its e-mail to be on record, and the number that may wait. */
  emailUnmatchedMs: 7 * 24 * HOUR,
  emailUnmatchedKept: 10_000,
  /**
   * Addresses that a tenant suppresses by request; those of one import, and of one of its statements; and suppressions that one
   * step of the purge removes.
   */
  suppressionsPerTenant: 10_000,
  suppressionsPerImport: 1000,
  suppressionsPerStatement: 250,
  suppressionsPerPurgeStep: 10_000,
  /** Addresses with topics that a tenant adds as unsubscribed by request. Recipients add any number. */
  unsubscribesPerTenant: 100_000,
  /** Time in which the keeper of an account answers. */
  emailKeeperMs: 2 * SECOND,
};
