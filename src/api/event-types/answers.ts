import { z } from "@hono/zod-openapi";
import { instantOf, instantShape } from "../answer-fields.ts";
import { cappedShape } from "../stats/answers.ts";

export const eventTypeShape = z
  .object({
    name: z
      .string()
      .openapi({ description: "Name of the event type, as messages have it.", example: "order.placed" }),
    description: z.string().nullable().openapi({
      description: "Meaning of the event, for people.",
      example: "A customer has placed an order.",
    }),
    schema: z
      .unknown()
      .nonoptional()
      .openapi({
        description: "JSON Schema, draft 2020-12, that payloads must fit. Null: any payload.",
        example: { type: "object", required: ["orderId"], properties: { orderId: { type: "string" } } },
      }),
    archivedAt: instantShape
      .nullable()
      .openapi({ description: "Instant of archiving. Null: the event type is in use.", example: null }),
    createdAt: instantOf("Instant at which the event type was put on the list."),
    updatedAt: instantOf("Instant of the latest change."),
  })
  .openapi("EventType");

/** Event type in a list. */
export const listedEventTypeShape = eventTypeShape
  .extend({
    volume: cappedShape.optional().openapi({
      description:
        "Messages of this type of the last 24 hours. Of all types, the newest 5,000 are counted; `capped: true`: there are more. Absent without `with=volume`.",
    }),
  })
  .openapi("ListedEventType");
