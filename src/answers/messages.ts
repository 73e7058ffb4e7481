import * as z from "zod";
import type { Database } from "../db/database.ts";
import type { CommittedMessage } from "../outbox/commit.ts";
import { parseExact } from "../platform/exact-json.ts";
import type { MessagePageRequest } from "../trace/list-statements.ts";
import type { ListedMessage, MessageSummary, MessageTrace } from "../trace/messages.ts";
import { listMessages } from "../trace/messages.ts";
import { presentDelivery } from "./deliveries.ts";
import { type Asked, answerPage } from "./page.ts";
import { toIso } from "./to-iso.ts";

export function presentCommitted(message: CommittedMessage) {
  return { ...message, committedAt: message.committedAt.toISOString() };
}

function presentSummary(message: MessageSummary) {
  return {
    id: message.id,
    sequence: message.sequence,
    eventType: message.eventType,
    orderingKey: message.orderingKey,
    deliverAt: toIso(message.deliverAt),
    committedAt: toIso(message.committedAt),
  };
}

export function presentListedMessage(message: ListedMessage) {
  return { ...presentSummary(message), deliveries: message.deliveries, states: message.states };
}

/** Presents a message with its deliveries. `retrySchedule`: seconds, for endpoints without a schedule of their own. */
export function presentTrace(message: MessageTrace, retrySchedule: readonly number[]) {
  return {
    ...presentSummary(message),
    traceparent: message.traceparent,
    tracestate: message.tracestate,
    payload: parseExact(message.payload),
    content: message.content,
    deliveries: message.deliveries.map((one) => presentDelivery(one, retrySchedule)),
  };
}

const cursor = z.strictObject({ seq: z.int().min(1) });

export function messagesPage(db: Database, tenantId: string, query: Asked<MessagePageRequest>) {
  return answerPage(query, {
    cursor,
    read: (page) => listMessages(db, tenantId, page),
    present: presentListedMessage,
  });
}
