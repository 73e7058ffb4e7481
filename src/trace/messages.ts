import { type Database, readRows } from "../db/database.ts";
import { readOfTenant } from "../db/live-tenant.ts";
import { pageOfFound } from "../db/look-through.ts";
import { messageRef } from "../db/message-ref.ts";
import { readPayload } from "../db/payload.ts";
import { messageId } from "../domain/message-id.ts";
import type { Page } from "../domain/page.ts";
import type { SensitiveContent } from "../domain/sensitive-email.ts";
import type { DeliveryState } from "../domain/states.ts";
import { systemClock } from "../platform/clock.ts";
import { OutboxError } from "../platform/errors.ts";
import { type AttemptRow, type DeliveryDetail, viewDetailAt } from "./attempts.ts";
import { type DeliveryRow, viewMessage } from "./delivery-view.ts";
import {
  type ListedMessageRow,
  type MessageCursor,
  type MessagePageRequest,
  type SummaryRow,
  selectMessagePage,
} from "./list-statements.ts";
import { type EmailEventRow, selectEmailEvents } from "./recipients.ts";
import { selectAttempts, selectDeliveries, selectMessage, type WholeRow } from "./statements.ts";

/** A message with its deliveries and all their attempts. Instants in milliseconds. */
export interface MessageTrace extends MessageSummary {
  payload: string;
  /** State of the content of a sensitive e-mail; null for any other message. */
  content: SensitiveContent | null;
  /** W3C trace context of the request that committed it. */
  traceparent: string | null;
  tracestate: string | null;
  deliveries: DeliveryDetail[];
}

export interface MessageSummary {
  id: string;
  sequence: number;
  eventType: string;
  orderingKey: string | null;
  deliverAt: number | null;
  committedAt: number;
}

/**
 * Reads a message with its whole history. `now`: as in `listDeliveries`.
 * @throws {OutboxError} `message_not_found`, also for another tenant's message
 */
export async function readMessage(
  db: Database,
  tenantId: string,
  id: string,
  now = systemClock.now(),
): Promise<MessageTrace> {
  const ref = await messageRef(db, id);
  const notFound = new OutboxError({ code: "message_not_found", messageId: id });
  if (!ref) throw notFound;
  const [[message], deliveries, attempts, emailEvents] = await readRows<
    [WholeRow, DeliveryRow, AttemptRow, EmailEventRow]
  >(db, [
    selectMessage(db, tenantId, ref),
    selectDeliveries(db, tenantId, ref.seq),
    selectAttempts(db, tenantId, ref.seq),
    selectEmailEvents(db, tenantId, ref.seq),
  ]);
  if (!message) throw notFound;
  const payload = readPayload(message.payload);
  const of = { message: viewMessage(message), attempts, emailEvents, payload };
  return {
    ...summary(message),
    payload,
    content: message.content,
    traceparent: message.traceparent,
    tracestate: message.tracestate,
    deliveries: deliveries.map((row) => viewDetailAt(now, { ...of, row })),
  };
}

/** Message in a list. */
export interface ListedMessage extends MessageSummary {
  deliveries: number;
  states: Partial<Record<DeliveryState, number>>;
}

/**
 * A page of a tenant's messages, newest first. With a filter it looks at 100 messages for each that it may show, so it
 * may show fewer than `limit`, or none. Only a page whose `next` is null is the last.
 * @throws {OutboxError} `tenant_not_found`
 */
export async function listMessages(
  db: Database,
  tenantId: string,
  page: MessagePageRequest,
): Promise<Page<ListedMessage, MessageCursor>> {
  const rows = await readOfTenant<ListedMessageRow>(db, tenantId, selectMessagePage(db, tenantId, page));
  const { entries, next } = pageOfFound(rows, page.limit, ({ seq }) => ({ seq }));
  return { entries: entries.map(describeListed), next };
}

function describeListed(row: ListedMessageRow): ListedMessage {
  const states: ListedMessage["states"] = JSON.parse(row.states);
  const deliveries = Object.values(states).reduce((sum, count) => sum + count, 0);
  return { ...summary(row), deliveries, states };
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
