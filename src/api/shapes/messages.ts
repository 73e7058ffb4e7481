import { z } from "@hono/zod-openapi";
import { DELIVERY_STATES, OUTCOMES } from "../../domain/states.ts";

import { channel, committedAt, count, endpointId, eventType, instant, instantOf, messageId, orderingKey, sequence } from "../answer-fields.ts";

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
  deliverAt: instant.nullable().openapi({ description: "Not before.", example: null }),
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

export const attemptShape = z
  .object({
    number: z.int().min(1).openapi({ description: "1, 2, 3 … of its delivery.", example: 1 }),
    startedAt: instantOf("When it began."),
    durationMs: count.openapi({ description: "How long it took.", example: 8 }),
    outcome: z
      .enum(OUTCOMES)
      .openapi({ description: "`retry`: it is tried again. The others settle it.", example: "delivered" }),
    httpStatus: z
      .int()
      .nullable()
      .openapi({ description: "Of the answer; null: there was none.", example: 200 }),
    error: z
      .string()
      .nullable()
      .openapi({ description: "Its class, as `timeout` or `http_status`.", example: null }),
    responseExcerpt: z
      .string()
      .nullable()
      .openapi({ description: "The beginning of what was answered.", example: null }),
  })
  .openapi("Attempt");

const delivery = z.object({
  endpointId,
  channel,
  state: z.enum(DELIVERY_STATES).openapi({
    description: "`leased`: handed out. `delivered`, `dead`, `cancelled`: settled.",
    example: "delivered",
  }),
  dueAt: instant
    .nullable()
    .openapi({ description: "The next attempt, or the end of the lease.", example: null }),
  waitsForEarlier: z.boolean().openapi({
    description: "An earlier delivery of its ordering key must be settled first, or blocks it.",
    example: false,
  }),
  blocksKey: z.boolean().openapi({
    description: "It is dead, and the later ones of its ordering key wait until it is replayed or skipped.",
    example: false,
  }),
  claimedAt: instant.nullable().openapi({ description: "The latest claim." }),
  settledAt: instant.nullable().openapi({ description: "When it ended." }),
  reason: z.string().nullable().openapi({ description: "Why it ended.", example: null }),
});

export const deliveryShape = delivery
  .extend({ attempts: z.array(attemptShape).openapi({ description: "Oldest first." }) })
  .openapi("Delivery");

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

export const deliveryDetailShape = deliveryShape
  .extend({
    messageId,
    sequence,
    eventType,
    orderingKey,
    committedAt,
  })
  .openapi("DeliveryDetail");

/** What is told of the last attempt. */
const told = {
  httpStatus: z
    .int()
    .nullable()
    .openapi({ description: "Of its answer; null: there was none.", example: 500 }),
  error: z
    .string()
    .nullable()
    .openapi({ description: "Its class, as `timeout` or `http_status`.", example: "http_status" }),
  responseExcerpt: z
    .string()
    .nullable()
    .openapi({ description: "The beginning of what was answered.", example: null }),
};

/** A delivery on a list: with its message, and of its attempts their number and the latest. */
export const listedDeliveryShape = delivery
  .extend({
    messageId,
    sequence,
    eventType,
    orderingKey,
    committedAt,
    attempts: count.openapi({ description: "How many were made.", example: 1 }),
    startedAt: instant.nullable().openapi({ description: "Of the latest attempt, as the rest." }),
    durationMs: count.nullable().openapi({ description: "How long it took.", example: 8 }),
    ...told,
    httpStatus: told.httpStatus.openapi({ example: 200 }),
    error: told.error.openapi({ example: null }),
  })
  .openapi("ListedDelivery");

export const listedEmailShape = listedDeliveryShape
  .extend({
    to: z
      .array(z.string())
      .openapi({ description: "The recipients in its `to`.", example: ["Ada <ada@example.com>"] }),
    subject: z
      .string()
      .nullable()
      .openapi({ description: "null: its payload is no e-mail.", example: "Your order" }),
  })
  .openapi("ListedEmail");

const lastAttempt = {
  attempts: count.openapi({ description: "How many were made.", example: 10 }),
  reason: z.string().nullable().openapi({ description: "Why it ended.", example: "exhausted" }),
  ...told,
};

export const deadLetterShape = z
  .object({
    messageId,
    sequence,
    eventType,
    committedAt,
    endpointId,
    channel,
    settledAt: instantOf("When it died."),
    ...lastAttempt,
  })
  .openapi("DeadLetter");

export const blockedKeyShape = z
  .object({
    endpointId,
    orderingKey: z.string().openapi({ description: "The one that is blocked.", example: "order-1001" }),
    waiting: count.openapi({ description: "Deliveries behind the head, 1000 at most.", example: 12 }),
    blockedSince: instantOf("When its head died."),
    head: z
      .object({ messageId, sequence, eventType, committedAt, ...lastAttempt })
      .openapi({ description: "The dead delivery that blocks it." }),
  })
  .openapi("BlockedKey");
