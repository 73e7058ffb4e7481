import { z } from "@hono/zod-openapi";
import { DELIVERY_STATES, OUTCOMES } from "../../domain/states.ts";
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
} from "../answer-fields.ts";

export const attemptShape = z
  .object({
    number: z
      .int()
      .min(1)
      .openapi({ description: "Number of the attempt within its delivery, from 1.", example: 1 }),
    startedAt: instantOf("Start of the attempt."),
    durationMs: count.openapi({ description: "Duration of the attempt in milliseconds.", example: 8 }),
    outcome: z.enum(OUTCOMES).openapi({
      description:
        "Outcome of the attempt. `retry`: another attempt follows. Every other outcome settles the delivery.",
      example: "delivered",
    }),
    httpStatus: z
      .int()
      .nullable()
      .openapi({ description: "HTTP status of the answer. Null: there was no answer.", example: 200 }),
    error: z.string().nullable().openapi({
      description: "Class of the error, such as `timeout` or `http_status`. Null: no error.",
      example: null,
    }),
    responseExcerpt: z.string().nullable().openapi({
      description: "Beginning of the receiver's answer, without secrets. Null: there is none.",
      example: null,
    }),
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
  dueAt: instantShape.nullable().openapi({
    description: "Instant of the next attempt, or end of the lease. Null: settled.",
    example: null,
  }),
  waitsForEarlier: z.boolean().openapi({
    description: "True: an earlier delivery of its ordering key must be settled first, or blocks the key.",
    example: false,
  }),
  blocksKey: z.boolean().openapi({
    description:
      "True: the delivery is dead, and later ones of its ordering key wait until it is replayed or skipped.",
    example: false,
  }),
  claimedAt: instantShape
    .nullable()
    .openapi({ description: "Instant of the latest claim. Null: never claimed." }),
  settledAt: instantShape
    .nullable()
    .openapi({ description: "Instant at which the delivery ended. Null: it is not settled." }),
  reason: z.string().nullable().openapi({
    description: "Reason why the delivery ended. Null: it was delivered, or is not settled.",
    example: null,
  }),
});

export const deliveryShape = delivery
  .extend({
    attempts: z.array(attemptShape).openapi({ description: "Attempts of the delivery, oldest first." }),
  })
  .openapi("Delivery");

/** Facts of a message that its deliveries show. */
const ofMessage = { messageId, sequence, eventType, orderingKey, committedAt };

export const deliveryDetailShape = deliveryShape.extend(ofMessage).openapi("DeliveryDetail");

/** Result of the latest attempt. */
const result = {
  httpStatus: z
    .int()
    .nullable()
    .openapi({ description: "HTTP status of the latest answer. Null: there was no answer.", example: 500 }),
  error: z.string().nullable().openapi({
    description: "Class of the latest error, such as `timeout` or `http_status`. Null: no error.",
    example: "http_status",
  }),
  responseExcerpt: z.string().nullable().openapi({
    description: "Beginning of the receiver's latest answer, without secrets. Null: there is none.",
    example: null,
  }),
};

/** Delivery in a list: with facts of its message, the number of its attempts, and the result of the latest. */
export const listedDeliveryShape = delivery
  .extend({
    ...ofMessage,
    attempts: count.openapi({ description: "Number of attempts.", example: 1 }),
    startedAt: instantShape
      .nullable()
      .openapi({ description: "Start of the latest attempt. Null: there was no attempt." }),
    durationMs: count
      .nullable()
      .openapi({ description: "Duration of the latest attempt in milliseconds.", example: 8 }),
    ...result,
    httpStatus: result.httpStatus.openapi({ example: 200 }),
    error: result.error.openapi({ example: null }),
  })
  .openapi("ListedDelivery");

export const listedEmailShape = listedDeliveryShape
  .extend({
    to: z
      .array(z.string())
      .openapi({ description: "Recipients in the `to` of the e-mail.", example: ["Ada <ada@example.com>"] }),
    subject: z.string().nullable().openapi({
      description: "Subject of the e-mail. Null: the payload is not an e-mail.",
      example: "Your order",
    }),
  })
  .openapi("ListedEmail");

const lastAttempt = {
  attempts: count.openapi({ description: "Number of attempts.", example: 10 }),
  reason: z
    .string()
    .nullable()
    .openapi({ description: "Reason why the delivery died.", example: "exhausted" }),
  ...result,
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
    orderingKey: z.string().openapi({ description: "Ordering key that is blocked.", example: "order-1001" }),
    waiting: count.openapi({
      description: "Number of deliveries behind the head, counted up to 1000.",
      example: 12,
    }),
    blockedSince: instantOf("Instant at which the head died."),
    head: z
      .object({ messageId, sequence, eventType, committedAt, ...lastAttempt })
      .openapi({ description: "Dead delivery that blocks the key." }),
  })
  .openapi("BlockedKey");
