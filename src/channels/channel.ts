import type { Asking, Leave } from "../domain/email-account.ts";
import type { BodyFormat } from "../domain/states.ts";

/** Order to carry one message to one endpoint, once. */
export interface Dispatch {
  /** Identical at every attempt, so that receivers recognize a repetition. */
  messageId: string;
  /** Position in the tenant's sequence. */
  sequence: number;
  tenantId: string;
  eventType: string;
  orderingKey: string | null;
  committedAt: number;
  /** The number of this attempt, from 1. */
  attempt: number;
  /** Number of times that a person has had it sent again after it had been delivered. Undefined: 0. */
  resends?: number;
  /** JSON, sent byte for byte, alone or in an envelope. */
  payload: string;
  /** Addresses to which an e-mail does not go, in lower case. Undefined: it goes to all of its recipients. */
  suppressed?: readonly string[];
  /** W3C trace context of this attempt; null when none was given with the message. */
  traceparent: string | null;
  /** W3C trace state that came with `traceparent`; null for none. */
  tracestate: string | null;
  endpoint: {
    id: string;
    target: string;
    /** Form of a webhook's body. */
    payloadFormat: BodyFormat;
    headers: Record<string, string> | null;
    /** Headers whose values are never shown, not even in the excerpt of an answer. */
    secretHeaders: Record<string, string> | null;
    /** Secrets that sign, newest first. Empty for channels that do not sign. */
    secrets: string[];
  };
  /** The instant of this attempt, in milliseconds. */
  sentAt: number;
}

/** Result of one attempt, as its channel reads it. */
export type Reply = Acceptance | Refusal;

interface Answered {
  /** Requests a second that a shared account may make, as the answer says. Undefined: it says nothing of it. */
  perSecond?: number | undefined;
  /** Headers of the answer that help to find its cause. Undefined, or null: it has none, or the channel speaks no HTTP. */
  headers?: Record<string, string> | null;
}

interface Acceptance extends Answered {
  kind: "accepted";
  /** Id under which the other side took it, where it gives one: a provider of e-mails always does. */
  id?: string;
  /** Provider and id by which what comes back is matched. Undefined: it brings our own ids. */
  ref?: string;
  /** Null where the channel speaks no HTTP. */
  httpStatus: number | null;
  /** Beginning of the other side's answer; null for an empty one. */
  excerpt: string | null;
  /** Statements and messages to commit with the outcome. Only handlers return them. */
  effects?: unknown;
}

export interface Refusal extends Answered {
  /**
   * `temporary`: a later attempt may succeed. `permanent`: no attempt at this message will. `gone`: no message will reach
   * this endpoint any more.
   */
  kind: "temporary" | "permanent" | "gone";
  /** Short class for people and programs: `timeout`, `http_status`, a provider's code. */
  error: string;
  /** Null where the channel speaks no HTTP, or no answer came. */
  httpStatus: number | null;
  /** Beginning of the other side's answer, or the error in words; null for neither. */
  excerpt: string | null;
  /**
   * Shortest wait before the next attempt that the other side asked for, in milliseconds, clamped; null when it did not
   * ask.
   */
  retryAfterMs: number | null;
  /** Extent of the refusal, where the channel can tell. Undefined: it is a matter of the endpoint. */
  scope?: RefusalScope;
  /** True: the delivery waits, and uses up no attempt of its schedule. Ignored unless `temporary`. */
  spares?: boolean;
  /** True: nothing was taken, for sure. Undefined: it may have been, unless the other side asks to wait (`spares`). */
  unsent?: boolean;
  /** Instant of the next attempt, in milliseconds, in place of the schedule's. Only handlers ask for it. */
  retryAt?: number;
}

/**
 * Extent of a refusal by a shared account, as that of an e-mail provider: `message` and `recipient` for good, of this one alone;
 * `sender`, until its operator has set it up; `account`, until its owner has; `provider`, which fails, or answers in a way that
 * nobody knows.
 */
export type RefusalScope = "message" | "recipient" | "sender" | "account" | "provider";

/** Error class of a webhook that cannot be signed: there is no secret, or none that opens. */
export const SECRET_UNAVAILABLE = "secret_unavailable";

/**
 * Error class of work for a handler that this Worker does not have. A newer version may have it: versions mix during a
 * deployment.
 */
export const HANDLER_UNKNOWN = "handler_unknown";

/** Error class of a message to a chat from a Worker without the option `chats`. A newer version may have it. */
export const CHAT_UNKNOWN = "chat_unknown";

/** Error class of an e-mail with fields that this Worker does not know. A newer version may know them. */
export const EMAIL_UNKNOWN = "payload_unknown";

/** Error class of an e-mail whose file could not be read from its bucket. */
export const ATTACHMENT_UNAVAILABLE = "attachment_unavailable";

/** Error class of a call that the platform refused, because this invocation has used up its calls. */
export const PLATFORM_LIMIT = "platform_limit";

/**
 * Cloudflare's messages: "Too many subrequests by single Worker invocation.", "Too many API requests by single worker
 * invocation.", with or without the end.
 */
const NO_MORE_CALLS = /too many (subrequests|api requests)\b/i;

export function isPlatformLimit(error: unknown): boolean {
  return NO_MORE_CALLS.test(error instanceof Error ? error.message : String(error));
}

/** Error class of a request for several that was refused for one of them: each goes alone from now on. */
export const BATCH_REFUSED = "batch_refused";

/** Error class of an attempt that took too long. */
export const TIMEOUT = "timeout";

/** The error class of a failure of the outbox itself. */
export const INTERNAL = "internal";

/** Error classes of attempts that failed on this side, before the endpoint answered. */
export const OUR_FAULTS: readonly string[] = [
  INTERNAL,
  SECRET_UNAVAILABLE,
  HANDLER_UNKNOWN,
  CHAT_UNKNOWN,
  EMAIL_UNKNOWN,
  ATTACHMENT_UNAVAILABLE,
  PLATFORM_LIMIT,
];

/**
 * Error class of an attempt whose handler asked for another one later. It says nothing about the handler's health.
 */
export const RETRY_ASKED = "retry_asked";

/** A delivery for which leave is asked. */
export interface Applicant extends Omit<Asking, "sender"> {
  payload: string;
  endpointId: string;
}

/** Requests for several deliveries that are being made up. */
export interface SharedRequests<Joining, Verdict> {
  /** Announces a task, whose deliveries others wait for. Answers how to say that they have joined. */
  expect(): () => void;
  /** Answers the verdict on the delivery, as soon as its request is through; undefined if it was not tried. */
  join(joining: Joining): Promise<Verdict | undefined>;
}

/** Several deliveries in one request. */
export interface Batching {
  /** Makes the requests of an invocation. */
  open(): SharedRequests<never, unknown>;
  /** Most in one request. */
  most: number;
  /** Name of the account that they go through: no other one recognizes a repetition. */
  account: string;
  /** Time for which the other side recognizes a repetition, in milliseconds. */
  repeatsForMs: number;
  /** Deliveries of an equal group may share a request. Undefined: this one goes alone. */
  groupOf(delivery: { payload: string; endpointId: string }): string | undefined;
  /**
   * Answers a reply to each dispatch, in order.
   * @param key identical at every repetition of the same dispatches, so that the other side recognizes it
   */
  deliver(dispatches: readonly Dispatch[], key: string, signal: AbortSignal): Promise<Reply[]>;
}

/** One account of several, of which each takes what those before it refuse. */
interface AccountOfPool {
  account: string;
  /** Undefined: it is the last. */
  next: Channel | undefined;
}

/** A way to reach the outside world. Turns every outcome into a reply, and ends when the signal aborts. */
export interface Channel {
  /** Asks for leave to send. Undefined: nobody has to ask, or this delivery has not. Never throws. */
  admit?(applicant: Applicant): Promise<Leave | undefined>;
  /** Undefined: each delivery is a request of its own. */
  batch?: Batching | undefined;
  /** Undefined: there is no other account. */
  pool?: AccountOfPool | undefined;
  /** Account, and for how long it recognizes a repetition of a delivery, in milliseconds. Undefined: none is known to. */
  repeats?: { account: string; forMs: number } | undefined;
  deliver(dispatch: Dispatch, signal: AbortSignal): Promise<Reply>;
}

/** A refusal that passes: the delivery is tried again by the schedule. */
export function temporary(error: string, rest: Partial<Omit<Refusal, "kind" | "error">> = {}): Refusal {
  return { kind: "temporary", error, httpStatus: null, excerpt: null, retryAfterMs: null, ...rest };
}

/** A refusal that never passes: the delivery is a dead letter. */
export function permanent(error: string, excerpt: string | null = null): Refusal {
  return { kind: "permanent", error, httpStatus: null, excerpt, retryAfterMs: null };
}
