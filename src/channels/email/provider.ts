import type { AccountName } from "../../domain/email-account.ts";
import type { EmailContent } from "../../domain/email-content.ts";
import type { Channel, Refusal, Reply } from "../channel.ts";
import type { AccountDesk } from "./account-desk.ts";

/** A file that goes with an e-mail. */
export interface EmailFile {
  filename: string;
  /** Media type, as `application/pdf`. */
  type: string;
  /** In base 64, with its padding. */
  content: string;
  /** Id by which the HTML names it, as `cid:` and the id. Undefined: it is no part of the HTML. */
  contentId?: string | undefined;
}

/** An e-mail, ready to be handed to a provider. */
export interface Envelope
  extends Omit<EmailContent, "replyTo" | "attachments" | "topic" | "together" | "onUncertain" | "sensitive"> {
  from: string;
  /** Addresses that receive answers. */
  replyTo?: string[];
  attachments?: EmailFile[];
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
  /**
   * Account of all of its e-mails. Tenants whose providers name the same one share its pace, and requests. Undefined: they
   * share the pace of an account called `own`, and each e-mail goes by itself.
   */
  readonly account?: AccountName;
  /** Name of its events, if they bring none of our ids: they are matched by the id of the e-mail. */
  readonly eventsBy?: string;
  /**
   * Time for which it drops repetitions of an `idempotencyKey`, in seconds. 0: it knows no keys, and an attempt without an answer is
   * told as `uncertain`. Undefined: nobody knows.
   */
  readonly idempotencySeconds?: number;
  send(envelope: Envelope, signal: AbortSignal): Promise<Reply>;
  /** Made by `inBatches`. Needs an `account`. Undefined: it takes one e-mail at a time. */
  readonly batch?: SharedEmails | undefined;
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

/** Several e-mails in one request, with what makes such requests up: whoever sends one at a time carries none of it. */
export interface SharedEmails extends EmailBatching {
  readonly share: Share;
}

/** Makes the part of a channel that sends e-mails together. */
type Share = (
  provider: EmailProvider,
  batch: EmailBatching & { account: string; isOfPool: boolean },
  desk: AccountDesk,
) => Channel["batch"];
