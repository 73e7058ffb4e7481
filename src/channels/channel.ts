import type { PayloadFormat } from "../domain/states.ts";

/** Order to carry one message to one endpoint, once. */
export interface Dispatch {
  /** Identical at every attempt: receivers tell a repetition by it. */
  messageId: string;
  /** Its place in its tenant's sequence. */
  sequence: number;
  tenantId: string;
  eventType: string;
  orderingKey: string | null;
  committedAt: number;
  /** The number of this attempt, from 1. */
  attempt: number;
  /** JSON, to be sent byte for byte, alone or in an envelope. */
  payload: string;
  /** W3C trace context of this attempt; null when none was given with the message. */
  traceparent: string | null;
  /** W3C trace state that came with `traceparent`; null for none. */
  tracestate: string | null;
  endpoint: {
    id: string;
    target: string;
    /** Form of a webhook's body. */
    payloadFormat: PayloadFormat;
    headers: Record<string, string> | null;
    /** Headers whose values nobody may read back, in the excerpt of the answer either. */
    secretHeaders: Record<string, string> | null;
    /** Secrets that sign, newest first. Empty for channels that do not sign. */
    secrets: string[];
  };
  /** The instant of this attempt, in milliseconds. */
  sentAt: number;
}

/** Result of one attempt, as its channel reads it. */
export type Reply = Acceptance | Refusal;

interface Acceptance {
  kind: "accepted";
  /** Null where the channel speaks no HTTP. */
  httpStatus: number | null;
  /** Beginning of the other side's answer; null for an empty one. */
  excerpt: string | null;
  /** Statements and messages to be committed with the outcome. Only handlers give them. */
  effects?: unknown;
}

export interface Refusal {
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
  /** Least wait before the next attempt, in milliseconds, as the other side asked for it, clamped; null when it did not. */
  retryAfterMs: number | null;
  /** Instant of the next attempt, in milliseconds, whatever the schedule says. Only handlers ask for one. */
  retryAt?: number;
}

/** The error class of what cannot be sent because there is no secret to sign it with, or none that opens. */
export const SECRET_UNAVAILABLE = "secret_unavailable";

/** The error class of work for a handler that this Worker does not have. A newer one may: versions mix while one is deployed. */
export const HANDLER_UNKNOWN = "handler_unknown";

/** The error class of an e-mail that says more than this Worker knows of. A newer one may. */
export const EMAIL_UNKNOWN = "payload_unknown";

/** The error class of what the platform did not let out, as this invocation has made as many calls as it may. */
export const PLATFORM_LIMIT = "platform_limit";

/**
 * Cloudflare's words for it: "Too many subrequests by single Worker invocation.", "Too many API requests by single worker
 * invocation.", with or without the end.
 */
const NO_MORE_CALLS = /too many (subrequests|api requests)\b/i;

export function isPlatformLimit(error: unknown): boolean {
  return NO_MORE_CALLS.test(error instanceof Error ? error.message : String(error));
}

/** The error class of an attempt that took too long. */
export const TIMEOUT = "timeout";

/** The error class of a failure of the outbox itself. */
export const INTERNAL = "internal";

/** Error classes of attempts that failed on this side, before the endpoint had a say. */
export const OUR_FAULTS: readonly string[] = [
  INTERNAL,
  SECRET_UNAVAILABLE,
  HANDLER_UNKNOWN,
  EMAIL_UNKNOWN,
  PLATFORM_LIMIT,
];

/** The error class of an attempt that ended with the wish for another one at a time. It says nothing of anybody's health. */
export const RETRY_ASKED = "retry_asked";

/** A means to reach the outside world. Answers every outcome with a reply, and does not outlast the signal. */
export interface Channel {
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
