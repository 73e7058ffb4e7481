import { z } from "@hono/zod-openapi";
import { DELIVERY_STATES, OUTCOMES } from "../../domain/states.ts";
import type { AttemptTrace, DeliveryDetail } from "../../trace/attempts.ts";
import type { BlockedKey } from "../../trace/blocked-keys.ts";
import type { DeadLetter } from "../../trace/dead-letters.ts";
import type { DeliveryView } from "../../trace/delivery-view.ts";
import type { EmailSummary } from "../../trace/emails.ts";
import {
  channel,
  committedAt,
  count,
  endpointId,
  eventType,
  instantOf,
  instantShape,
  messageId,
  orderingKey,
  sequence,
  toIso,
} from "../answer-fields.ts";

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
  dueAt: instantShape
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
  claimedAt: instantShape.nullable().openapi({ description: "The latest claim." }),
  settledAt: instantShape.nullable().openapi({ description: "When it ended." }),
  reason: z.string().nullable().openapi({ description: "Why it ended.", example: null }),
});

export const deliveryShape = delivery
  .extend({ attempts: z.array(attemptShape).openapi({ description: "Oldest first." }) })
  .openapi("Delivery");

/** Facts of its message that a delivery is shown with. */
const ofMessage = { messageId, sequence, eventType, orderingKey, committedAt };

export const deliveryDetailShape = deliveryShape.extend(ofMessage).openapi("DeliveryDetail");

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
    ...ofMessage,
    attempts: count.openapi({ description: "How many were made.", example: 1 }),
    startedAt: instantShape.nullable().openapi({ description: "Of the latest attempt, as the rest." }),
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

/** A delivery within its message, whose facts are left out. */
export function presentDelivery(detail: DeliveryDetail) {
  const { messageId, sequence, eventType, orderingKey, committedAt, ...delivery } = detail;
  return {
    ...delivery,
    dueAt: toIso(delivery.dueAt),
    claimedAt: toIso(delivery.claimedAt),
    settledAt: toIso(delivery.settledAt),
    attempts: delivery.attempts.map(presentAttempt),
  };
}

export function presentDeliveryDetail(delivery: DeliveryDetail) {
  return { ...delivery, ...presentDelivery(delivery), committedAt: toIso(delivery.committedAt) };
}

export function presentListedDelivery(delivery: DeliveryView) {
  return {
    ...delivery,
    committedAt: toIso(delivery.committedAt),
    dueAt: toIso(delivery.dueAt),
    claimedAt: toIso(delivery.claimedAt),
    settledAt: toIso(delivery.settledAt),
    startedAt: toIso(delivery.startedAt),
  };
}

export function presentListedEmail(email: EmailSummary) {
  return { ...presentListedDelivery(email), to: email.to, subject: email.subject };
}

export function presentAttempt(attempt: AttemptTrace) {
  return { ...attempt, startedAt: toIso(attempt.startedAt) };
}

export function presentDeadLetter(letter: DeadLetter) {
  return { ...letter, committedAt: toIso(letter.committedAt), settledAt: toIso(letter.settledAt) };
}

export function presentBlockedKey(key: BlockedKey) {
  return {
    ...key,
    blockedSince: toIso(key.blockedSince),
    head: { ...key.head, committedAt: toIso(key.head.committedAt) },
  };
}
