/** Answers of the mailbox, as its pages and tests read them. */

/**
 * Answers that the mailbox gives as a provider would: it takes an e-mail, asks for patience (`429`), fails (`temporary`), does not
 * answer (`never`), or refuses its sender, a recipient or the e-mail itself (`permanent`).
 */
export const MAILBOX_REPLIES = [
  "accepted",
  "429",
  "temporary",
  "never",
  "sender_refused",
  "recipient_refused",
  "permanent",
] as const;

/** Events that come after an e-mail was taken. */
export const MAILBOX_EVENTS = [
  "delivered",
  "soft_bounced",
  "hard_bounced",
  "complained",
  "suppressed",
] as const;

type MailboxReply = (typeof MAILBOX_REPLIES)[number];
export type MailboxEvent = (typeof MAILBOX_EVENTS)[number];
/** Fate of an e-mail in the mailbox: a reply, or an event after it was taken. */
export type MailboxPlay = MailboxReply | MailboxEvent;

/** A fate that was chosen for e-mails to come. */
export interface ChosenPlay {
  /** Address in lower case; `*` for all. */
  address: string;
  play: MailboxPlay;
  /** Number of e-mails that it is for; null: all, until another is chosen. */
  times: number | null;
}

/** An e-mail in the mailbox. */
export interface MailboxEntry {
  id: string;
  at: string;
  from: string;
  to: string[];
  cc: string[];
  bcc: string[];
  subject: string;
  play: MailboxPlay;
  /** Message that it belongs to. */
  tenantId: string;
  messageId: string;
  /** Number of the attempt, from 1. */
  attempt: number;
  /** Reason why it is here though others are sent; null: none is sent. */
  reason: string | null;
}

export interface MailboxEmail extends MailboxEntry {
  replyTo: string[];
  text: string | null;
  html: string | null;
  /** Addresses of `http` and `https` in its HTML and its text, each once, in order. */
  links: string[];
  /** Files that go with it, without their content. */
  attachments: { filename: string; type: string; bytes: number }[];
  /** Headers as they would go out. */
  headers: [name: string, value: string][];
  /** Message of RFC 5322, as SMTP would send it: without `bcc`, and without what is left out. */
  source: string;
  /** Further fields. */
  more: Record<string, unknown>;
  /** Names of the fields that were too large to be kept. */
  leftOut: string[];
}

/** The e-mails that are kept, newest first. */
export interface Emails {
  data: MailboxEntry[];
  /** Number of older ones that were dropped for newer ones. */
  dropped: number;
  plays: ChosenPlay[];
  /** Addresses to which e-mails are sent, and do not come here. Null: all come here. */
  sentTo: readonly string[] | null;
}
