import { z } from "@hono/zod-openapi";
import { UNSUBSCRIBE_SOURCES } from "../../domain/email-topic.ts";
import { instantOf } from "../answer-fields.ts";

export const unsubscribeShape = z
  .object({
    address: z
      .string()
      .openapi({ description: "Address, in lower case and without a name.", example: "ada@example.com" }),
    topic: z
      .string()
      .openapi({ description: "Topic from which it has unsubscribed.", example: "newsletter" }),
    source: z.enum(UNSUBSCRIBE_SOURCES).openapi({
      description: "`link`: the recipient, by the link of an e-mail. `by_request`: by the API.",
      example: "link",
    }),
    createdAt: instantOf("Instant of the unsubscription."),
  })
  .openapi("Unsubscribe");
