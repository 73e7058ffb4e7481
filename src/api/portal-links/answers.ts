import { z } from "@hono/zod-openapi";
import { instantOf } from "../answer-fields.ts";

export const portalLinkShape = z
  .object({
    url: z.string().openapi({
      description: "Address to send the browser of the tenant's member to. Its code opens a session once.",
      example: "https://outbox.example.com/portal/#eyJhbGciOiJIUzI1NiIs…",
    }),
    expiresAt: instantOf("Instant until which the link can be opened, five minutes after it was made."),
  })
  .openapi("PortalLink");
