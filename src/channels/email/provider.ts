import type { AccountName } from "../../domain/email-account.ts";
import type { EmailContent } from "../../domain/email-content.ts";
import type { Refusal, Reply } from "../channel.ts";

/** An e-mail, ready to be handed to a provider. */
export interface Envelope extends Omit<EmailContent, "replyTo" | "topic"> {
  from: string;
  /** Addresses that receive answers. */
  replyTo?: string[];
  tenantId: string;
  messageId: string;
  /** Instant of the commit, in milliseconds: the date of the e-mail. */
  committedAt: number;
  /** The number of this attempt, from 1. */
  attempt: number;
  /**
   * Made of the message's id, and identical at every attempt: a provider with idempotency keys sends an e-mail once. Another one
   * after a person has replayed an e-mail that was accepted.
   */
  idempotencyKey: string;
}

/** Sends e-mails, and tells passing errors from permanent ones. */
export interface EmailProvider {
  /** Account that all of its e-mails go through. Undefined: one that is called `own`. */
  readonly account?: AccountName;
  /** Name of its events, if they bring none of our ids: they are matched by the id of the e-mail. */
  readonly eventsBy?: string;
  /**
   * Time for which it drops repetitions of an `idempotencyKey`, in seconds. 0: it knows no keys, and an attempt without an answer is
   * told as `uncertain`. Undefined: nobody knows.
   */
  readonly idempotencySeconds?: number;
  send(envelope: Envelope, signal: AbortSignal): Promise<Reply>;
  /** Undefined: it takes one e-mail at a time. */
  readonly batch?: EmailBatching | undefined;
}

/** Several e-mails in one request. */
export interface EmailBatching {
  /** Most in one request. */
  readonly most: number;
  /**
   * Answers a reply to each e-mail, in order; or a refusal of the whole, of which nothing was sent.
   * @param idempotencyKey made of the e-mails' ids, and identical at every attempt of the same e-mails. Theirs do not count
   */
  send(
    envelopes: readonly Envelope[],
    idempotencyKey: string,
    signal: AbortSignal,
  ): Promise<readonly Reply[] | Refusal>;
}
