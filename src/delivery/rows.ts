import { HEALTH_FIELDS, healthColumn } from "../db/endpoint-health.ts";
import { columnsOf, type RowOf } from "../db/row.ts";
import type { deliveries, endpoints, messages } from "../db/schema.ts";
import type { SUPPRESSED } from "../domain/email-status.ts";
import type { MessageIdRow } from "../domain/message-id.ts";
import type { EndpointState, UNSUBSCRIBED } from "../domain/states.ts";

const OF_DELIVERY = [
  "ordering_key",
  "attempts",
  "schedule_from",
  "spared",
  "waits_since",
  "resends",
  "batch",
  "was_dead",
  "claims",
  "claimed_at",
  "starts",
  "due_at",
] as const;
const OF_MESSAGE = ["event_type", "committed_at", "traceparent", "tracestate", "sealed"] as const;

/** SQL: columns of a claimed delivery `d`, and of its message `m`. */
export const LEASED_COLUMNS = `${columnsOf<typeof deliveries>("d", OF_DELIVERY)}, ${columnsOf<typeof messages>("m", OF_MESSAGE)}`;

/** A claimed delivery with its payload. */
export interface LeasedRow
  extends MessageIdRow,
    RowOf<typeof deliveries, (typeof OF_DELIVERY)[number]>,
    RowOf<typeof messages, (typeof OF_MESSAGE)[number]> {
  /** End of its lease. */
  due_at: number;
  payload: string;
  /** 1 if an earlier delivery of its key is unsettled and not part of this lease, such as after a replay. */
  blocked: 0 | 1;
  /** Recipients of an e-mail that get none now; undefined: none of them. A reason: nobody is left to send it to. */
  suppressed?: readonly string[] | typeof SUPPRESSED | typeof UNSUBSCRIBED;
  /** Mark under which it is being sent, if it is not to be sent again in doubt. */
  doubt?: string;
}

const OF_ENDPOINT = [
  "tenant_id",
  "id",
  "channel",
  "target",
  "description",
  "headers",
  "retry_schedule",
  "give_up_on",
  "payload_format",
  "version",
  "updated_at",
  "held_until",
  "secret",
  "previous_secrets",
  "secret_headers",
] as const;

/** SQL: columns of a task's endpoint `e`. */
export const ENDPOINT_COLUMNS = columnsOf<typeof endpoints>("e", OF_ENDPOINT);

/** Endpoint of a task, with sealed secrets. */
export interface EndpointRow extends RowOf<typeof endpoints, (typeof OF_ENDPOINT)[number]> {
  state: EndpointState;
  /** 1 if it sends e-mails, and its tenant has suppressed an address. */
  suppresses: 0 | 1;
  /** 1 if it sends direct e-mails, and somebody has unsubscribed from a topic of its tenant. */
  has_unsubscribed: 0 | 1;
}

/** A delivery whose lease still stood when it was settled. */
export interface SettledRow extends RowOf<typeof deliveries, "seq"> {
  /** 1 if the next delivery of its ordering key must wait. */
  key_blocked: 0 | 1;
}

const BESIDE_HEALTH = ["target", "rate_limit", "paced_to", "probe_until"] as const;
const OF_HEALTH = [...BESIDE_HEALTH, ...HEALTH_FIELDS.map(healthColumn)];

/** SQL: columns of an endpoint `e` by which its next delivery is due, its health among them. */
export const ENDPOINT_HEALTH_COLUMNS = columnsOf<typeof endpoints>("e", OF_HEALTH);

/**
 * Health of an endpoint, its state, and the instant at which the next of its deliveries is due that is not under way. Attempts
 * at an earlier target of the endpoint do not count.
 */
export interface EndpointHealthRow extends RowOf<typeof endpoints, (typeof OF_HEALTH)[number]> {
  state: EndpointState;
  due_at: number | null;
}
