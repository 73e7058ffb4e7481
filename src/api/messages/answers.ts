import { z } from "@hono/zod-openapi";
import { DELIVERY_STATES } from "../../domain/states.ts";
import type { CommittedMessage } from "../../outbox/commit.ts";
import { parseExact } from "../../platform/exact-json.ts";
import type { ListedMessage, MessageSummary, MessageTrace } from "../../trace/messages.ts";
import {
  committedAt,
  count,
  eventType,
  instantShape,
  messageId,
  orderingKey,
  sequence,
  toIso,
} from "../answer-fields.ts";
import { deliveryShape, presentDelivery } from "../deliveries/answers.ts";

const duplicate = z
  .boolean()
  .openapi({ description: "True if this same commit had been made before.", example: false });

const committed = z.object({
  id: messageId,
  sequence,
  eventType,
  committedAt,
  deliveries: count.openapi({
    description: "How many endpoints it goes to. With 0 it is kept all the same.",
    example: 1,
  }),
});

export const committedShape = committed.extend({ duplicate }).openapi("CommittedMessage");

export const committedBatchShape = z
  .object({
    messages: z.array(committed).openapi({ description: "In the order of the request." }),
    duplicate,
  })
  .openapi("CommittedBatch");

const summary = z.object({
  id: messageId,
  sequence,
  eventType,
  orderingKey,
  deliverAt: instantShape.nullable().openapi({ description: "Not before.", example: null }),
  committedAt,
});

export const messageSummaryShape = summary
  .extend({
    deliveries: count.openapi({ description: "How many endpoints it goes to.", example: 2 }),
    states: z
      .partialRecord(z.enum(DELIVERY_STATES), count.openapi({ description: "How many are in it." }))
      .openapi({ description: "How many of its deliveries are in each state.", example: { delivered: 2 } }),
  })
  .openapi("MessageSummary");

export const messageShape = summary
  .extend({
    traceparent: z.string().nullable().openapi({
      description: "The trace that it belongs to.",
      example: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    }),
    tracestate: z.string().nullable().openapi({
      description: "As it came with the `traceparent`.",
      example: "congo=t61rcWkgMzE",
    }),
    payload: z
      .unknown()
      .nonoptional()
      .openapi({ description: "As it was committed.", example: { orderId: "1001", total: 42 } }),
    deliveries: z.array(deliveryShape).openapi({ description: "One to each endpoint it goes to." }),
  })
  .openapi("Message");

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

export function presentTrace(message: MessageTrace) {
  return {
    ...presentSummary(message),
    traceparent: message.traceparent,
    tracestate: message.tracestate,
    payload: parseExact(message.payload),
    deliveries: message.deliveries.map(presentDelivery),
  };
}
