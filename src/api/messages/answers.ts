import { z } from "@hono/zod-openapi";
import { SENSITIVE_CONTENTS } from "../../domain/sensitive-email.ts";
import { DELIVERY_STATES } from "../../domain/states.ts";
import {
  committedAt,
  count,
  eventType,
  instantShape,
  messageId,
  orderingKey,
  sequence,
} from "../answer-fields.ts";
import { deliveryShape } from "../deliveries/answers.ts";

const duplicate = z.boolean().openapi({
  description: "True: the commit was made before under its idempotency key, and this answer repeats it.",
  example: false,
});

const committed = z.object({
  id: messageId,
  sequence,
  eventType,
  committedAt,
  deliveries: count.openapi({
    description: "Number of endpoints that the message goes to. A message without any is kept all the same.",
    example: 1,
  }),
  emails: z
    .array(
      z.object({
        id: messageId,
        sequence,
        to: z.string().openapi({ description: "Recipient.", example: "Ada <ada@example.com>" }),
      }),
    )
    .optional()
    .openapi({
      description:
        "E-mails that were made of one to several recipients, in the order of `to`: one for each, this message the first of them. Left out for any other message.",
    }),
});

export const committedShape = committed.extend({ duplicate }).openapi("CommittedMessage");

export const committedBatchShape = z
  .object({
    messages: z
      .array(committed)
      .openapi({ description: "An entry for each message of the request, in its order." }),
    duplicate,
  })
  .openapi("CommittedBatch");

const summary = z.object({
  id: messageId,
  sequence,
  eventType,
  orderingKey,
  deliverAt: instantShape.nullable().openapi({
    description: "Instant before which the message is not sent. Null: sent at once.",
    example: null,
  }),
  committedAt,
});

export const messageSummaryShape = summary
  .extend({
    deliveries: count.openapi({ description: "Number of endpoints that the message goes to.", example: 2 }),
    states: z
      .partialRecord(
        z.enum(DELIVERY_STATES),
        count.openapi({ description: "Number of deliveries in this state." }),
      )
      .openapi({
        description: "Number of the message's deliveries in each state.",
        example: { delivered: 2 },
      }),
  })
  .openapi("MessageSummary");

export const messageShape = summary
  .extend({
    traceparent: z.string().nullable().openapi({
      description: "W3C trace context that came with the commit.",
      example: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    }),
    tracestate: z.string().nullable().openapi({
      description: "W3C trace state that came with the `traceparent`.",
      example: "congo=t61rcWkgMzE",
    }),
    payload: z
      .unknown()
      .nonoptional()
      .openapi({ description: "Payload, exactly as committed.", example: { orderId: "1001", total: 42 } }),
    content: z.enum(SENSITIVE_CONTENTS).nullable().openapi({
      description:
        "Content of a sensitive e-mail: `sealed`, or `wiped` once its delivery is settled. The payload has `[sealed]` in its place. Null: any other message.",
      example: null,
    }),
    deliveries: z
      .array(deliveryShape)
      .openapi({ description: "Deliveries of the message, one for each of its endpoints." }),
  })
  .openapi("Message");
