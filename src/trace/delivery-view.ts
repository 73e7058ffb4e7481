import { MESSAGE_ID } from "../db/message-ref.ts";
import { columnsOf, type RowOf } from "../db/row.ts";
import type { deliveries, endpoints, messages } from "../db/schema.ts";
import { type MessageIdRow, messageId } from "../domain/message-id.ts";
import type { ChannelName, DeliveryState } from "../domain/states.ts";

const OF_MESSAGE = ["event_type", "committed_at", "ordering_key"] as const;
const OF_DELIVERY = [
  "endpoint_id",
  "state",
  "due_at",
  "behind",
  "blocks",
  "claimed_at",
  "settled_at",
  "reason",
  "attempts",
  "started_at",
  "duration_ms",
  "http_status",
  "error",
  "excerpt",
] as const;
const OF_ENDPOINT = ["channel"] as const;

/** SQL: columns of a message `m` that its deliveries show. */
export const MESSAGE_COLUMNS = `${MESSAGE_ID}, ${columnsOf<typeof messages>("m", OF_MESSAGE)}`;

/** SQL: columns of a delivery `d` to an endpoint `e`, without the columns of its message. */
export const DELIVERY_COLUMNS = `${columnsOf<typeof deliveries>("d", OF_DELIVERY)}, ${columnsOf<typeof endpoints>("e", OF_ENDPOINT)}`;

/** Row of `MESSAGE_COLUMNS`. */
export interface MessageRow extends MessageIdRow, RowOf<typeof messages, (typeof OF_MESSAGE)[number]> {}

/** Row of `DELIVERY_COLUMNS`. */
export interface DeliveryRow
  extends RowOf<typeof deliveries, (typeof OF_DELIVERY)[number]>,
    RowOf<typeof endpoints, (typeof OF_ENDPOINT)[number]> {}

/** Facts of a message that its deliveries show. */
interface MessageView {
  messageId: string;
  sequence: number;
  eventType: string;
  committedAt: number;
  orderingKey: string | null;
}

/** View of a delivery, narrowed by lists, details, dead letters and blocked keys. Instants in milliseconds. */
export interface DeliveryView extends MessageView {
  endpointId: string;
  channel: ChannelName;
  state: DeliveryState;
  /** Instant at which the relay looks at it next: the next attempt, or the end of the lease. */
  dueAt: number | null;
  /** An earlier delivery of its ordering key must be settled first. */
  waitsForEarlier: boolean;
  /** It is dead, and later deliveries of its ordering key wait until it is replayed or skipped. */
  blocksKey: boolean;
  claimedAt: number | null;
  settledAt: number | null;
  reason: string | null;
  /** Number of attempts. The fields below describe the latest one. */
  attempts: number;
  startedAt: number | null;
  durationMs: number | null;
  httpStatus: number | null;
  error: string | null;
  responseExcerpt: string | null;
}

export function viewMessage(row: MessageRow): MessageView {
  return {
    messageId: messageId(row),
    sequence: row.seq,
    eventType: row.event_type,
    committedAt: row.committed_at,
    orderingKey: row.ordering_key,
  };
}

/** Shows a delivery. `message` is a parameter, because its id costs a hash, and all deliveries of a message share it. */
export function viewDelivery(row: DeliveryRow, message: MessageView): DeliveryView {
  return {
    ...message,
    endpointId: row.endpoint_id,
    channel: row.channel,
    state: row.state,
    dueAt: row.due_at,
    waitsForEarlier: row.behind === 1,
    blocksKey: row.state === "dead" && row.blocks === 1,
    claimedAt: row.claimed_at,
    settledAt: row.settled_at,
    reason: row.reason,
    attempts: row.attempts,
    startedAt: row.started_at,
    durationMs: row.duration_ms,
    httpStatus: row.http_status,
    error: row.error,
    responseExcerpt: row.excerpt,
  };
}

/** Keeps only some fields of a delivery. */
export function narrow<Field extends keyof DeliveryView>(
  delivery: DeliveryView,
  fields: readonly Field[],
): Pick<DeliveryView, Field> {
  const kept = fields.map((field) => [field, delivery[field]]);
  return Object.fromEntries(kept) as Pick<DeliveryView, Field>;
}
