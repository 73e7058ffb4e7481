import { z } from "@hono/zod-openapi";
import { SCOPES } from "../../domain/scopes.ts";
import type { Token } from "../../registry/tokens.ts";
import { instantOf, instantShape, toIso } from "../answer-fields.ts";

export const tokenShape = z
  .object({
    id: z
      .string()
      .openapi({ description: "With which it is read and revoked.", example: "tok_9m3kd7wqz5v1c8b2x4hn" }),
    scopes: z.array(z.enum(SCOPES)).openapi({ description: "What it may do.", example: ["messages:write"] }),
    description: z.string().nullable().openapi({ description: "What it is for.", example: "The checkout" }),
    createdAt: instantOf("When it was issued."),
    expiresAt: instantShape.openapi({
      description: "From when on it is refused.",
      example: "2027-02-21T22:08:38.000Z",
    }),
    lastUsedAt: instantShape
      .nullable()
      .openapi({ description: "When it was last used, to some minutes; null: never.", example: null }),
  })
  .openapi("Token");

export const issuedTokenShape = tokenShape
  .extend({
    token: z.string().optional().openapi({
      description: "Shown here and never again: the answer to a repeated request leaves it out.",
      example: "eot-eyJhbGciOiJIUzI1NiIs…",
    }),
  })
  .openapi("IssuedToken");

export function presentToken({ id, scopes, description, createdAt, expiresAt, lastUsedAt }: Token) {
  return {
    id,
    scopes,
    description,
    createdAt: toIso(createdAt),
    expiresAt: toIso(expiresAt),
    lastUsedAt: toIso(lastUsedAt),
  };
}
