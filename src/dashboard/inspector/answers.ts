/** Answers of the inspector, as its pages read them. */

/**
 * Answers that the receiver can give: a status, 200 after some seconds (`slow`), a redirect to elsewhere, or none at all
 * (`never`).
 */
export const RECEIVER_ANSWERS = ["200", "500", "slow", "410", "429", "redirect", "never"] as const;
export type ReceiverAnswer = (typeof RECEIVER_ANSWERS)[number];

/** Answer that was chosen for a name below the receiver. */
export interface Chosen {
  answer: ReceiverAnswer;
  /** Wait of `slow`, and `retry-after` of `429`; null with any other. */
  seconds: number | null;
}

/** A request that came to the receiver. */
export interface Arrival {
  id: string;
  at: string;
  /** Path below the receiver, by which its answer is chosen. */
  name: string;
  method: string;
  /** Path and query. */
  path: string;
  /** Bytes of the body, of which only the first 64 KiB are kept. */
  bodyBytes: number;
  answer: ReceiverAnswer;
  /** Status that was answered; null until then, and for none. */
  status: number | null;
  /** Result of the signature's check; null where there is no signature, or no endpoint has this address. */
  signature: "valid" | "invalid" | null;
  /** Endpoint by whose secret the signature is valid. */
  endpoint: { tenantId: string; id: string } | null;
}

export interface ArrivalDetail extends Arrival {
  headers: [name: string, value: string][];
  body: string;
}

/** Requests that came to the receiver, newest first, and the answers by name; other names get 200. */
export interface Arrivals {
  data: Arrival[];
  answers: Record<string, Chosen>;
}

/** Answers that the mailbox can give. */
type MailboxAnswer = "accepted" | "temporary" | "permanent" | "never";

/** An e-mail in the mailbox. */
export interface MailboxEntry {
  id: string;
  at: string;
  from: string;
  to: string[];
  subject: string;
  answer: MailboxAnswer;
  /** Message that it belongs to. */
  messageId: string;
}

export interface MailboxEmail extends MailboxEntry {
  cc: string[];
  bcc: string[];
  replyTo: string[];
  headers: Record<string, string>;
  text: string | null;
  html: string | null;
  /** Files, without their content. */
  attachments: { filename: string; type: string; bytes: number }[];
}

/** The e-mails that would have been sent, newest first, and the answer to further ones. */
export interface Emails {
  data: MailboxEntry[];
  answer: MailboxAnswer;
  /** False: a provider sends the e-mails, and none comes here. */
  isInForce: boolean;
}
