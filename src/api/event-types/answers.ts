import { z } from "@hono/zod-openapi";
import { instantOf, instantShape } from "../answer-fields.ts";

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
