import { z } from "@hono/zod-openapi";
import { CHANNELS, DELIVERY_STATES, OUTCOMES } from "../../domain/states.ts";
import { count, instant } from "./parts.ts";

const messageId = z.string().openapi({ example: "msg_000000001d7c0vnq0pjmby" });
const sequence = z
  .int()
  .openapi({ description: "Its place in the tenant's commits: 1, 2, 3 … without a gap.", example: 1 });
const eventType = z.string().openapi({ example: "order.placed" });

const committed = z.object({
  id: messageId,
  sequence,
  eventType,
  committedAt: instant,
  deliveries: count.openapi({
    description: "How many endpoints it goes to. With 0 it is kept all the same.",
    example: 1,
  }),
});

export const committedShape = committed
  .extend({
    duplicate: z
      .boolean()
      .openapi({ description: "True if this same commit had been made before.", example: false }),
  })
  .openapi("CommittedMessage");

export const committedBatchShape = z
  .object({
    messages: z.array(committed),
    duplicate: z.boolean().openapi({ example: false }),
  })
  .openapi("CommittedBatch");

const summary = z.object({
  id: messageId,
  sequence,
  eventType,
  orderingKey: z.string().nullable().openapi({ example: null }),
  deliverAt: instant.nullable().openapi({ description: "Not before.", example: null }),
  committedAt: instant,
});

export const messageSummaryShape = summary
  .extend({
    deliveries: count.openapi({ example: 2 }),
    states: z
      .partialRecord(z.enum(DELIVERY_STATES), count)
      .openapi({ description: "How many of its deliveries are in each state.", example: { delivered: 2 } }),
  })
  .openapi("MessageSummary");

export const attemptShape = z
  .object({
    number: z.int().min(1).openapi({ example: 1 }),
    startedAt: instant,
    durationMs: count.openapi({ example: 8 }),
    outcome: z.enum(OUTCOMES).openapi({ example: "delivered" }),
    httpStatus: z.int().nullable().openapi({ example: 200 }),
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
  endpointId: z.string().openapi({ example: "ep_frynvjak525rczpvhfer" }),
  channel: z.enum(CHANNELS).openapi({ example: "webhook" }),
  state: z.enum(DELIVERY_STATES).openapi({ example: "delivered" }),
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
  claimedAt: instant.nullable(),
  settledAt: instant.nullable(),
  reason: z.string().nullable().openapi({ description: "Why it ended.", example: null }),
});

export const deliveryShape = delivery.extend({ attempts: z.array(attemptShape) }).openapi("Delivery");

export const messageShape = summary
  .extend({
    traceparent: z
      .string()
      .nullable()
      .openapi({ example: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" }),
    payload: z
      .unknown()
      .nonoptional()
      .openapi({ description: "As it was committed.", example: { orderId: "1001", total: 42 } }),
    deliveries: z.array(deliveryShape),
  })
  .openapi("Message");

export const deliveryDetailShape = deliveryShape
  .extend({
    messageId,
    sequence,
    eventType,
    orderingKey: z.string().nullable().openapi({ example: null }),
    committedAt: instant,
  })
  .openapi("DeliveryDetail");

/** A delivery on a list: with its message, and of its attempts their number and the latest. */
export const listedDeliveryShape = delivery
  .extend({
    messageId,
    sequence,
    eventType,
    orderingKey: z.string().nullable().openapi({ example: null }),
    committedAt: instant,
    attempts: count.openapi({ description: "How many were made.", example: 1 }),
    startedAt: instant.nullable().openapi({ description: "Of the latest attempt, as the rest." }),
    durationMs: count.nullable().openapi({ example: 8 }),
    httpStatus: z.int().nullable().openapi({ example: 200 }),
    error: z.string().nullable().openapi({ example: null }),
    responseExcerpt: z.string().nullable().openapi({ example: null }),
  })
  .openapi("ListedDelivery");

export const listedEmailShape = listedDeliveryShape
  .extend({
    to: z.array(z.string()).openapi({ example: ["Ada <ada@example.com>"] }),
    subject: z.string().nullable().openapi({ example: "Your order" }),
  })
  .openapi("ListedEmail");

const lastAttempt = {
  attempts: count.openapi({ example: 10 }),
  reason: z.string().nullable().openapi({ example: "exhausted" }),
  httpStatus: z.int().nullable().openapi({ example: 500 }),
  error: z.string().nullable().openapi({ example: "http_status" }),
  responseExcerpt: z.string().nullable().openapi({ example: null }),
};

export const deadLetterShape = z
  .object({
    messageId,
    sequence,
    eventType,
    committedAt: instant,
    endpointId: z.string(),
    channel: z.enum(CHANNELS),
    settledAt: instant,
    ...lastAttempt,
  })
  .openapi("DeadLetter");

export const blockedKeyShape = z
  .object({
    endpointId: z.string(),
    orderingKey: z.string().openapi({ example: "order-1001" }),
    waiting: count.openapi({ description: "Deliveries behind the head, 1000 at most.", example: 12 }),
    blockedSince: instant,
    head: z.object({ messageId, sequence, eventType, committedAt: instant, ...lastAttempt }),
  })
  .openapi("BlockedKey");

export const replayedShape = z
  .object({
    matched: count.openapi({ description: "How many the filter finds.", example: 12500 }),
    replayed: count.openapi({
      description: "How many are to be tried again: 10,000 to a call, at most.",
      example: 10000,
    }),
  })
  .openapi("Replayed");

export const skippedShape = z
  .object({
    matched: count.openapi({ example: 3 }),
    skipped: count.openapi({ description: "10,000 to a call, at most.", example: 3 }),
  })
  .openapi("Skipped");
