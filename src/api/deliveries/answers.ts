import { z } from "@hono/zod-openapi";
import { EMAIL_STATUSES } from "../../domain/email-status.ts";
import { DELIVERY_STATES, OUTCOMES } from "../../domain/states.ts";
import { WAITS } from "../../domain/waiting.ts";
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

const target = z.string().nullable().openapi({
  description:
    "URL, address or handler that was called. Null: the endpoint has none, or it was replaced too often since.",
  example: "https://example.com/webhooks",
});
const responseHeaders = z
  .record(z.string(), z.string())
  .nullable()
  .openapi({
    description:
      "Headers of the answer that help to find its cause, without secrets: `content-type`, `retry-after`, `server`, `cf-ray` and `x-request-id`; of an acceptance the last two. Null: none of them.",
    example: { "x-request-id": "8f1c" },
  });

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
    target,
    responseHeaders,
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
  waitingFor: z.enum(WAITS).nullable().openapi({
    description:
      "Obstacle that the delivery waits for. `underWay`: handed to a consumer. `tenantPaused`, `endpointPaused`, `endpointDisabled`: until somebody changes that. `key`: an earlier delivery of its ordering key. `blockedKey`: a dead one, until it is replayed or skipped. `schedule`: the `deliverAt` of its message. `retry`: the next attempt. `breaker`: its endpoint has failed. `rateLimit`: its endpoint's. `relay`: nothing but its turn. Null: settled.",
    example: null,
  }),
  until: instantShape.nullable().openapi({
    description: "Instant at which that ends. Null: unknown, or settled.",
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

const emailStatus = z.enum(EMAIL_STATUSES).openapi({
  description:
    "Status of the recipient. `queued`: not handed over. `accepted`: by the provider, and nothing has come back. `deferred`: the mail server puts it off. `delivered`: the mail server has taken it. `expired`: it was put off for too long. `failed`: the provider, or its refusal. `uncertain`: the last attempt was not answered. `suppressed`: not sent to this address. `bounced`, `complained`: by the mail server, by the recipient. `cancelled`: before it was sent.",
  example: "accepted",
});
const bounce = z.enum(["soft", "hard"]).nullable().openapi({
  description: "Kind of bounce: `soft` may pass, `hard` will not. Null: no bounce.",
  example: null,
});
const ofEvent = {
  status: emailStatus.openapi({ description: "Status that the event tells.", example: "delivered" }),
  bounce,
  provider: z.string().openapi({ description: "Provider that told of it.", example: "resend" }),
  providerMessageId: z.string().nullable().openapi({
    description: "The provider's id of the e-mail. Null: the provider named none.",
    example: "56761188-7520-42d8-8898-ff6fc54ce618",
  }),
  detail: z.string().nullable().openapi({
    description: "Words of the mail server or of the provider. Null: there are none.",
    example: "250 OK",
  }),
  at: instantOf("Instant of the event, as the provider says."),
  receivedAt: instantOf("Instant at which the event came."),
};

const recipientShape = z
  .object({
    address: z
      .string()
      .openapi({ description: "Address, in lower case and without a name.", example: "ada@example.com" }),
    status: emailStatus,
    bounce,
    events: z
      .array(z.object(ofEvent).openapi("EmailEvent"))
      .openapi({ description: "Events that came back of this recipient, oldest first." }),
  })
  .openapi("EmailRecipient");

export const deliveryShape = delivery
  .extend({
    retriesLeft: z.array(z.number()).nullable().openapi({
      description:
        "Seconds to wait before each retry that is left after the next attempt, ±20 %: the rest of the endpoint's `retrySchedule`, or of `RETRY_SCHEDULE`. Empty: the next attempt is the last. Null: settled.",
      example: null,
    }),
    attempts: z.array(attemptShape).openapi({ description: "Attempts of the delivery, oldest first." }),
    recipients: z.array(recipientShape).nullable().openapi({
      description: "Recipients of an e-mail, each with its status. Null: the delivery is no e-mail.",
      example: null,
    }),
  })
  .openapi("Delivery");

/** Facts of a message that its deliveries show. */
export const ofMessage = { messageId, sequence, eventType, orderingKey, committedAt };

export const deliveryDetailShape = deliveryShape.extend(ofMessage).openapi("DeliveryDetail");

/** Result of the latest attempt. */
export const result = {
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
    target,
    responseHeaders,
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

export const deadLetterGroupShape = z
  .object({
    endpointId,
    channel,
    result: z
      .object({
        reason: lastAttempt.reason.openapi({ description: "Reason why they died." }),
        error: result.error,
        httpStatus: result.httpStatus,
      })
      .openapi({ description: "Result that they have in common. `POST …/dead-letters/replay` takes it so." }),
    count: count.openapi({ description: "Number of dead letters in the group.", example: 412 }),
    firstAt: instantOf("Instant at which the first of them died."),
    lastAt: instantOf("Instant at which the last of them died."),
    example: messageId.openapi({ description: "Id of the newest message among them." }),
    responseExcerpt: result.responseExcerpt.openapi({
      description: "Beginning of the answer to the example, or the error in words. Null: there is neither.",
    }),
  })
  .openapi("DeadLetterGroup");

export const deadLetterGroupsShape = z
  .object({
    data: z.array(deadLetterGroupShape).openapi({ description: "Groups, the largest first, at most 100." }),
    complete: z.boolean().openapi({
      description:
        "True: every dead letter was counted, and every group is shown. False: only the newest 10,000 were counted, or there are more groups.",
      example: true,
    }),
  })
  .openapi("DeadLetterGroups");

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
