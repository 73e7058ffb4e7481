import { MESSAGE_ID } from "../db/message-ref.ts";
import { columnsOf, type RowOf } from "../db/row.ts";
import type { deliveries, endpoints, messages } from "../db/schema.ts";
import { type MessageIdRow, messageId } from "../domain/message-id.ts";
import type { ChannelName, DeliveryState, EndpointState, TenantState } from "../domain/states.ts";
import { type WaitingFor, waitingOf } from "../domain/waiting.ts";
import { targetThen } from "./target-then.ts";

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
  "schedule_from",
  "spared",
  "waits_since",
  "started_at",
  "duration_ms",
  "http_status",
  "error",
  "excerpt",
  "response_headers",
] as const;
const OF_ENDPOINT = [
  "channel",
  "retry_schedule",
  "held_until",
  "probe_until",
  "rate_limit",
  "paced_to",
] as const;

/** SQL: 1 if the first delivery of the ordering key of `d` is dead, and so blocks it. */
const IS_BLOCKED = `(
  SELECT head.state = 'dead' FROM outbox_deliveries head INDEXED BY outbox_deliveries_key
  WHERE head.tenant_id = ?1 AND head.endpoint_id = d.endpoint_id AND head.ordering_key = d.ordering_key AND head.blocks = 1
  ORDER BY head.seq LIMIT 1)`;

/** SQL: columns of a message `m` that its deliveries show. */
export const MESSAGE_COLUMNS = `${MESSAGE_ID}, ${columnsOf<typeof messages>("m", OF_MESSAGE)}`;

/** SQL: columns of a delivery `d` of the tenant `?1` to an endpoint `e`, without the columns of its message. */
export const DELIVERY_COLUMNS = `${columnsOf<typeof deliveries>("d", OF_DELIVERY)}, ${columnsOf<typeof endpoints>("e", OF_ENDPOINT)},
  ${targetThen("d", "e.target")} AS target, e.state AS endpoint_state, (SELECT state FROM outbox_tenants WHERE id = ?1) AS tenant_state,
  iif(d.behind = 1 AND d.due_at IS NOT NULL, ${IS_BLOCKED}, 0) AS is_blocked`;

/** Row of `MESSAGE_COLUMNS`. */
export interface MessageRow extends MessageIdRow, RowOf<typeof messages, (typeof OF_MESSAGE)[number]> {}

/** Row of `DELIVERY_COLUMNS`. */
export interface DeliveryRow
  extends RowOf<typeof deliveries, (typeof OF_DELIVERY)[number]>,
    RowOf<typeof endpoints, (typeof OF_ENDPOINT)[number]> {
  target: string | null;
  endpoint_state: EndpointState;
  tenant_state: TenantState;
  is_blocked: 0 | 1;
}

/** Facts of a message that its deliveries show. */
export interface MessageView {
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
  target: string | null;
  responseHeaders: Record<string, string> | null;
}

/** A delivery, and what it waits for. Both null: it is settled. */
export interface DeliveryNow extends DeliveryView {
  waitingFor: WaitingFor | null;
  /** Instant at which that ends. Null: unknown. */
  until: number | null;
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
    target: row.target,
    responseHeaders: headersIn(row.response_headers),
  };
}

export function headersIn(json: string | null): Record<string, string> | null {
  return json === null ? null : JSON.parse(json);
}

/** Shows a delivery as `viewDelivery` does, with what it waits for at an instant. */
export function viewDeliveryAt(now: number, row: DeliveryRow, message: MessageView): DeliveryNow {
  return { ...viewDelivery(row, message), ...waitingAt(now, row) };
}

function waitingAt(now: number, row: DeliveryRow): Pick<DeliveryNow, "waitingFor" | "until"> {
  const {
    due_at,
    state,
    behind,
    attempts,
    schedule_from,
    waits_since,
    endpoint_state,
    tenant_state,
    is_blocked,
  } = row;
  if (due_at === null) return { waitingFor: null, until: null };
  const facts = {
    ...row,
    due_at,
    isLeased: state === "leased",
    isTried: attempts > schedule_from || waits_since !== null,
    isBehind: behind === 1,
    isBlocked: is_blocked === 1,
    endpointState: endpoint_state,
    isTenantPaused: tenant_state === "paused",
  };
  return waitingOf(facts, now);
}

/** Keeps only some fields of a delivery. */
export function narrow<Field extends keyof DeliveryView>(
  delivery: DeliveryView,
  fields: readonly Field[],
): Pick<DeliveryView, Field> {
  const kept = fields.map((field) => [field, delivery[field]]);
  return Object.fromEntries(kept) as Pick<DeliveryView, Field>;
}
