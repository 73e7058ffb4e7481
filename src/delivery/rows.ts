import type { MessageIdRow } from "../domain/message-id.ts";
import type { Pace } from "../domain/pace.ts";
import type { EndpointState, PayloadFormat } from "../domain/states.ts";

/** A claimed delivery with what is to be sent. */
export interface LeasedRow extends MessageIdRow {
  ordering_key: string | null;
  attempts: number;
  /** How many of them were made before it was last replayed. */
  schedule_from: number;
  /** 1 when it was dead before it was last replayed. */
  was_dead: 0 | 1;
  /** How often it was claimed, this time included, since an attempt was recorded. */
  claims: number;
  /** How often it was begun meanwhile, unheard of, as far as that was counted. */
  starts: number;
  /** When its lease ends. */
  due_at: number;
  event_type: string;
  payload: string;
  committed_at: number;
  /** W3C trace context of the request that committed it. */
  traceparent: string | null;
  tracestate: string | null;
  /** 1 when an earlier one of its key is unsettled and not part of this lease, as after a replay. */
  blocked: 0 | 1;
}

/** Endpoint of a task, as its attempts need it. */
export interface EndpointRow {
  id: string;
  target: string;
  state: EndpointState;
  headers: string | null;
  retry_schedule: string | null;
  /** JSON: the statuses. */
  give_up_on: string | null;
  payload_format: PayloadFormat;
  /** Its breaker is open until then. */
  held_until: number | null;
  /** Sealed. */
  secret: string | null;
  /** JSON: `PreviousSecret[]`, each sealed. */
  previous_secrets: string | null;
  /** A sealed JSON object. */
  secret_headers: string | null;
}

/** A delivery whose lease still stood when it was settled. */
export interface SettledRow {
  seq: number;
  /** 1 when the next of its ordering key must not be sent yet. */
  key_blocked: 0 | 1;
}

/** Health of an endpoint, its state, and when its next delivery is due. */
export interface EndpointHealthRow extends Omit<Pace, "due_at"> {
  state: EndpointState;
  due_at: number | null;
  /** Where it is now: an attempt at another target says nothing of it. */
  target: string;
  failing_since: number | null;
  failed_at: number | null;
  window_from: number | null;
  window_attempts: number;
  window_failures: number;
  holds: number;
}
