import { z } from "@hono/zod-openapi";
import { SCOPES } from "../../domain/scopes.ts";
import { instant } from "./parts.ts";

export const tokenShape = z
  .object({
    id: z.string().openapi({ example: "tok_9m3kd7wqz5v1c8b2x4hn" }),
    scopes: z.array(z.enum(SCOPES)).openapi({ example: ["messages:write"] }),
    description: z.string().nullable().openapi({ example: "The checkout" }),
    createdAt: instant,
    expiresAt: instant.openapi({ example: "2027-02-21T22:08:38.000Z" }),
  })
  .openapi("Token");

export const issuedTokenShape = tokenShape
  .extend({
    token: z
      .string()
      .openapi({ description: "Shown here and never again.", example: "eyJhbGciOiJIUzI1NiIs…" }),
  })
  .openapi("IssuedToken");

export const eventTypeShape = z
  .object({
    name: z.string().openapi({ example: "order.placed" }),
    description: z.string().nullable().openapi({ example: "A customer has placed an order." }),
    schema: z
      .unknown()
      .nonoptional()
      .openapi({
        description: "JSON Schema, draft 2020-12, that payloads must fit; null: any payload.",
        example: { type: "object", required: ["orderId"], properties: { orderId: { type: "string" } } },
      }),
    archivedAt: instant.nullable().openapi({ example: null }),
    createdAt: instant,
    updatedAt: instant,
  })
  .openapi("EventType");
