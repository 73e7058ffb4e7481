import type { MessageIdRow } from "../domain/message-id.ts";
import type { Pace } from "../domain/pace.ts";
import type { EndpointState, PayloadFormat } from "../domain/states.ts";

/** A claimed delivery with its message. */
export interface LeasedRow extends MessageIdRow {
  ordering_key: string | null;
  attempts: number;
  /** Number of attempts made before the last replay. */
  schedule_from: number;
  /** 1 if it was dead before its last replay. */
  was_dead: 0 | 1;
  /** Number of claims since the last recorded attempt, this one included. */
  claims: number;
  /** Number of beginnings without a result since then, as far as counted. */
  starts: number;
  /** Instant at which its lease ends. */
  due_at: number;
  event_type: string;
  payload: string;
  committed_at: number;
  /** W3C trace context of the request that committed it. */
  traceparent: string | null;
  tracestate: string | null;
  /** 1 if an earlier delivery of its key is unsettled and not part of this lease, as after a replay. */
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
  /** Instant until which its breaker is open. */
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
  /** 1 if the next delivery of its ordering key must not be sent yet. */
  key_blocked: 0 | 1;
}

/** Health of an endpoint, its state, and when its next delivery is due. */
export interface EndpointHealthRow extends Omit<Pace, "due_at"> {
  state: EndpointState;
  due_at: number | null;
  /** Its present target: attempts at another target do not count. */
  target: string;
  failing_since: number | null;
  failed_at: number | null;
  window_from: number | null;
  window_attempts: number;
  window_failures: number;
  holds: number;
}
