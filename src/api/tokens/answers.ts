import { z } from "@hono/zod-openapi";
import { SCOPES } from "../../domain/scopes.ts";
import { count, instantOf, instantShape } from "../answer-fields.ts";

export const tokenShape = z
  .object({
    id: z.string().openapi({
      description: "Id of the token, to read and revoke it.",
      example: "tok_9m3kd7wqz5v1c8b2x4hn",
    }),
    scopes: z.array(z.enum(SCOPES)).openapi({
      description: "Scopes of the token: operations that it may call.",
      example: ["messages:write"],
    }),
    description: z
      .string()
      .nullable()
      .openapi({ description: "Purpose of the token, for people.", example: "The checkout" }),
    sessionId: z.string().nullable().openapi({
      description: "Session of the portal, as its link named it. Null: none.",
      example: null,
    }),
    createdAt: instantOf("Instant of issue."),
    expiresAt: instantShape.openapi({
      description: "Instant from which the token is refused.",
      example: "2027-02-21T22:08:38.000Z",
    }),
    lastUsedAt: instantShape.nullable().openapi({
      description: "Instant of the latest use, accurate to a few minutes. Null: never used.",
      example: null,
    }),
  })
  .openapi("Token");

export const issuedTokenShape = tokenShape
  .extend({
    token: z.string().optional().openapi({
      description: "The token itself. Shown in this answer only: a repeated request is answered without it.",
      example: "eot-eyJhbGciOiJIUzI1NiIs…",
    }),
  })
  .openapi("IssuedToken");

export const sessionQuery = z.strictObject({
  sessionId: z
    .string({ error: "must be the name of a session, as its link had it" })
    .openapi({ description: "Name of the session, as its links had it.", example: "3f9c" }),
});

export const revokedShape = z.object({
  revoked: count.openapi({ description: "Number of tokens revoked.", example: 1 }),
});
