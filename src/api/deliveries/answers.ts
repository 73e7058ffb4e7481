import { z } from "@hono/zod-openapi";
import { DELIVERY_STATES, OUTCOMES } from "../../domain/states.ts";
import type { BlockedKey } from "../../trace/blocked-keys.ts";
import type { DeadLetter } from "../../trace/dead-letters.ts";
import type { DeliverySummary } from "../../trace/deliveries.ts";
import type { DeliveryDetail } from "../../trace/delivery.ts";
import type { EmailSummary } from "../../trace/emails.ts";
import type { AttemptTrace, DeliveryTrace } from "../../trace/messages.ts";
import {
  channel,
  committedAt,
  count,
  endpointId,
  eventType,
  instant,
  instantOf,
  messageId,
  orderingKey,
  sequence,
  toIso,
} from "../answer-fields.ts";

export const attemptShape = z
  .object({
    number: z
      .int()
      .min(1)
      .openapi({ description: "Number of the attempt within its delivery, from 1.", example: 1 }),
    startedAt: instantOf("Instant at which the attempt began."),
    durationMs: count.openapi({ description: "Duration of the attempt, in milliseconds.", example: 8 }),
    outcome: z.enum(OUTCOMES).openapi({
      description:
        "Outcome of the attempt. `retry`: the delivery is tried again. Every other outcome settles it.",
      example: "delivered",
    }),
    httpStatus: z
      .int()
      .nullable()
      .openapi({ description: "HTTP status of the answer. Null: there was no answer.", example: 200 }),
    error: z.string().nullable().openapi({
      description: "Class of the error, as `timeout` or `http_status`. Null: no error.",
      example: null,
    }),
    responseExcerpt: z
      .string()
      .nullable()
      .openapi({ description: "Beginning of the receiver's answer.", example: null }),
  })
  .openapi("Attempt");

const delivery = z.object({
  endpointId,
  channel,
  state: z.enum(DELIVERY_STATES).openapi({
    description:
      "State of the delivery. `pending`: waits to be sent. `leased`: handed to a consumer. `delivered`, `dead`, `cancelled`: settled.",
    example: "delivered",
  }),
  dueAt: instant.nullable().openapi({
    description: "Instant of the next attempt, or the end of the lease. Null: settled.",
    example: null,
  }),
  waitsForEarlier: z.boolean().openapi({
    description: "True: the delivery waits for an earlier one of its ordering key.",
    example: false,
  }),
  blocksKey: z.boolean().openapi({
    description:
      "True: the delivery is dead, and later ones of its ordering key wait until it is replayed or skipped.",
    example: false,
  }),
  claimedAt: instant.nullable().openapi({ description: "Instant of the latest claim. Null: never claimed." }),
  settledAt: instant
    .nullable()
    .openapi({ description: "Instant at which the delivery was settled. Null: unsettled." }),
  reason: z.string().nullable().openapi({
    description: "Reason for which the delivery ended, as `exhausted`. Null: delivered or unsettled.",
    example: null,
  }),
});

export const deliveryShape = delivery
  .extend({
    attempts: z.array(attemptShape).openapi({ description: "Attempts of the delivery, oldest first." }),
  })
  .openapi("Delivery");

export const deliveryDetailShape = deliveryShape
  .extend({
    messageId,
    sequence,
    eventType,
    orderingKey,
    committedAt,
  })
  .openapi("DeliveryDetail");

/** Fields of the latest attempt. */
const told = {
  httpStatus: z
    .int()
    .nullable()
    .openapi({ description: "HTTP status of the latest answer. Null: there was no answer.", example: 500 }),
  error: z.string().nullable().openapi({
    description: "Class of the error, as `timeout` or `http_status`. Null: no error.",
    example: "http_status",
  }),
  responseExcerpt: z
    .string()
    .nullable()
    .openapi({ description: "Beginning of the receiver's answer.", example: null }),
};

/** A delivery on a list: with its message, its latest attempt, and the number of its attempts. */
export const listedDeliveryShape = delivery
  .extend({
    messageId,
    sequence,
    eventType,
    orderingKey,
    committedAt,
    attempts: count.openapi({ description: "Number of attempts made.", example: 1 }),
    startedAt: instant
      .nullable()
      .openapi({ description: "Instant at which the latest attempt began. Null: no attempt yet." }),
    durationMs: count
      .nullable()
      .openapi({ description: "Duration of the attempt, in milliseconds.", example: 8 }),
    ...told,
    httpStatus: told.httpStatus.openapi({ example: 200 }),
    error: told.error.openapi({ example: null }),
  })
  .openapi("ListedDelivery");

export const listedEmailShape = listedDeliveryShape
  .extend({
    to: z
      .array(z.string())
      .openapi({ description: "Recipients in the e-mail's `to`.", example: ["Ada <ada@example.com>"] }),
    subject: z.string().nullable().openapi({
      description: "Subject of the e-mail. Null: the payload is not an e-mail.",
      example: "Your order",
    }),
  })
  .openapi("ListedEmail");

const lastAttempt = {
  attempts: count.openapi({ description: "Number of attempts made.", example: 10 }),
  reason: z.string().nullable().openapi({
    description: "Reason for which the delivery ended, as `exhausted`. Null: delivered or unsettled.",
    example: "exhausted",
  }),
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
    settledAt: instantOf("Instant at which the delivery died."),
    ...lastAttempt,
  })
  .openapi("DeadLetter");

export const blockedKeyShape = z
  .object({
    endpointId,
    orderingKey: z.string().openapi({ description: "The blocked ordering key.", example: "order-1001" }),
    waiting: count.openapi({
      description: "Number of deliveries that wait behind the head, counted up to 1000.",
      example: 12,
    }),
    blockedSince: instantOf("Instant at which the head died."),
    head: z
      .object({ messageId, sequence, eventType, committedAt, ...lastAttempt })
      .openapi({ description: "The dead delivery that blocks the key." }),
  })
  .openapi("BlockedKey");

export function presentDelivery(delivery: DeliveryTrace) {
  return {
    endpointId: delivery.endpointId,
    channel: delivery.channel,
    state: delivery.state,
    dueAt: toIso(delivery.dueAt),
    waitsForEarlier: delivery.behind,
    blocksKey: delivery.blocksKey,
    claimedAt: toIso(delivery.claimedAt),
    settledAt: toIso(delivery.settledAt),
    reason: delivery.reason,
    attempts: delivery.attempts.map(presentAttempt),
  };
}

export function presentDeliveryDetail(delivery: DeliveryDetail) {
  const { messageId, sequence, eventType, orderingKey, committedAt } = delivery;
  return {
    ...presentDelivery(delivery),
    messageId,
    sequence,
    eventType,
    orderingKey,
    committedAt: toIso(committedAt),
  };
}

export function presentListedDelivery(delivery: DeliverySummary) {
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
