import { z } from "@hono/zod-openapi";
import { parseExact } from "../../platform/exact-json.ts";
import type { EventType } from "../../registry/event-types.ts";
import { instantOf, instantShape, toIso } from "../answer-fields.ts";

export const eventTypeShape = z
  .object({
    name: z.string().openapi({ description: "As messages have it.", example: "order.placed" }),
    description: z
      .string()
      .nullable()
      .openapi({ description: "What it tells.", example: "A customer has placed an order." }),
    schema: z
      .unknown()
      .nonoptional()
      .openapi({
        description: "JSON Schema, draft 2020-12, that payloads must fit; null: any payload.",
        example: { type: "object", required: ["orderId"], properties: { orderId: { type: "string" } } },
      }),
    archivedAt: instantShape.nullable().openapi({ description: "null: it is in use.", example: null }),
    createdAt: instantOf("When it was put on the list."),
    updatedAt: instantOf("When it was changed last."),
  })
  .openapi("EventType");

export function presentEventType(eventType: EventType) {
  return {
    name: eventType.name,
    description: eventType.description,
    schema: eventType.schema === null ? null : parseExact(eventType.schema),
    archivedAt: toIso(eventType.archivedAt),
    createdAt: toIso(eventType.createdAt),
    updatedAt: toIso(eventType.updatedAt),
  };
}
