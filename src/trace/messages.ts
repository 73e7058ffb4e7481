import type { Database } from "../db/database.ts";
import { readOfTenant } from "../db/live-tenant.ts";
import { pageOf } from "../db/look-through.ts";
import { messageRef } from "../db/message-ref.ts";
import { readPayload } from "../db/payload.ts";
import { type MessageIdRow, messageId } from "../domain/message-id.ts";
import type { Page } from "../domain/page.ts";
import type { ChannelName, DeliveryState, Outcome } from "../domain/states.ts";
import { OutboxError } from "../platform/errors.ts";
import { type MessagePlace, type MessageQuery, selectMessagePage } from "./list-statements.ts";
import { selectAttempts, selectDeliveries, selectMessage } from "./statements.ts";

/** A message with its whole history. Instants in milliseconds. */
export interface MessageTrace extends MessageSummary {
  payload: string;
  /** W3C trace context of the request that committed it. */
  traceparent: string | null;
  tracestate: string | null;
  deliveries: DeliveryTrace[];
}

export interface MessageSummary {
  id: string;
  sequence: number;
  eventType: string;
  orderingKey: string | null;
  deliverAt: number | null;
  committedAt: number;
}

export interface DeliveryTrace {
  endpointId: string;
  channel: ChannelName;
  state: DeliveryState;
  /** Instant of the next attempt, or the end of the lease. */
  dueAt: number | null;
  /** True if an earlier delivery of its ordering key must be settled first. */
  behind: boolean;
  /** True if it is dead, and later deliveries of its ordering key wait until it is replayed or skipped. */
  blocksKey: boolean;
  claimedAt: number | null;
  settledAt: number | null;
  reason: string | null;
  attempts: AttemptTrace[];
}

export interface AttemptTrace {
  number: number;
  startedAt: number;
  durationMs: number;
  outcome: Outcome;
  httpStatus: number | null;
  error: string | null;
  responseExcerpt: string | null;
}

/** @throws {OutboxError} `message_not_found`: also for another tenant's message */
export async function readMessage(db: Database, tenantId: string, id: string): Promise<MessageTrace> {
  const ref = await messageRef(db, id);
  const notFound = new OutboxError({ code: "message_not_found", messageId: id });
  if (!ref) throw notFound;
  const [messages, deliveries, attempts] = await db.batch([
    selectMessage(db, tenantId, ref),
    selectDeliveries(db, tenantId, ref.seq),
    selectAttempts(db, tenantId, ref.seq),
  ]);
  const message = messages?.results[0] as
    | (MessageRow & Pick<MessageTrace, "traceparent" | "tracestate">)
    | undefined;
  if (!message) throw notFound;
  const attemptRows = (attempts?.results ?? []) as AttemptRow[];
  return {
    ...summary(message),
    payload: readPayload(message.payload),
    traceparent: message.traceparent,
    tracestate: message.tracestate,
    deliveries: ((deliveries?.results ?? []) as DeliveryRow[]).map((row) =>
      describeDelivery(row, attemptRows),
    ),
  };
}

/** A message in a list. */
export interface ListedMessage extends MessageSummary {
  deliveries: number;
  states: Partial<Record<DeliveryState, number>>;
}

/**
 * A page of a tenant's messages, newest first. With a filter it looks at 100 messages for each that it may show, and
 * shows the matching ones: possibly fewer than `limit`, or none. Only a page whose `next` is null is the last.
 * @throws {OutboxError} `tenant_not_found`
 */
export async function listMessages(
  db: Database,
  tenantId: string,
  page: MessageQuery,
): Promise<Page<ListedMessage, MessagePlace>> {
  const rows = await readOfTenant<ListedRow>(db, tenantId, selectMessagePage(db, tenantId, page));
  const { shown, last } = pageOf(rows, page.limit);
  return { entries: shown.map(describeListed), next: last && { seq: last.seq } };
}

function describeListed(row: ListedRow): ListedMessage {
  const states: ListedMessage["states"] = JSON.parse(row.states);
  const deliveries = Object.values(states).reduce((sum, count) => sum + count, 0);
  return { ...summary(row), deliveries, states };
}

interface SummaryRow extends MessageIdRow {
  event_type: string;
  ordering_key: string | null;
  deliver_at: number | null;
  committed_at: number;
}

interface MessageRow extends SummaryRow {
  payload: string;
}

interface ListedRow extends SummaryRow {
  found: number;
  /** Number of deliveries in each state, as JSON. */
  states: string;
}

interface LatestAttempt {
  started_at: number | null;
  duration_ms: number | null;
  http_status: number | null;
  error: string | null;
  excerpt: string | null;
}

export interface DeliveryRow extends LatestAttempt {
  endpoint_id: string;
  channel: ChannelName;
  state: DeliveryState;
  due_at: number | null;
  behind: number;
  blocks: number;
  claimed_at: number | null;
  settled_at: number | null;
  reason: string | null;
  attempts: number;
}

export interface AttemptRow extends LatestAttempt {
  endpoint_id: string;
  n: number;
  outcome: Outcome;
}

function summary(row: SummaryRow): MessageSummary {
  return {
    id: messageId(row),
    sequence: row.seq,
    eventType: row.event_type,
    orderingKey: row.ordering_key,
    deliverAt: row.deliver_at,
    committedAt: row.committed_at,
  };
}

export function describeDelivery(row: DeliveryRow, attempts: readonly AttemptRow[]): DeliveryTrace {
  return {
    endpointId: row.endpoint_id,
    channel: row.channel,
    state: row.state,
    dueAt: row.due_at,
    behind: row.behind === 1,
    blocksKey: row.state === "dead" && row.blocks === 1,
    claimedAt: row.claimed_at,
    settledAt: row.settled_at,
    reason: row.reason,
    attempts: describeAttempts(row, attempts),
  };
}

/** The attempts of a delivery that have their own rows; else its only attempt, which has none. */
export function describeAttempts(row: DeliveryRow, attempts: readonly AttemptRow[]): AttemptTrace[] {
  const own = attempts.filter((attempt) => attempt.endpoint_id === row.endpoint_id);
  const onlyInDelivery = row.attempts === 1 && own.length === 0;
  return onlyInDelivery
    ? [describeAttempt({ ...row, n: 1, outcome: "delivered" })]
    : own.map((attempt) => describeAttempt(attempt));
}

function describeAttempt(row: LatestAttempt & { n: number; outcome: Outcome }): AttemptTrace {
  return {
    number: row.n,
    startedAt: row.started_at ?? 0,
    durationMs: row.duration_ms ?? 0,
    outcome: row.outcome,
    httpStatus: row.http_status,
    error: row.error,
    responseExcerpt: row.excerpt,
  };
}
