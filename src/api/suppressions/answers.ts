import { z } from "@hono/zod-openapi";
import { SUPPRESSION_REASONS } from "../../domain/email-status.ts";
import { instantOf, instantShape } from "../answer-fields.ts";

export const suppressionShape = z
  .object({
    address: z
      .string()
      .openapi({ description: "Address, in lower case and without a name.", example: "ada@example.com" }),
    reason: z.enum(SUPPRESSION_REASONS).openapi({
      description:
        "Gravest reason. `soft_bounce`: for a day. `hard_bounce`: for seven days, and for ever after that of a second message. `complaint`: for ever. `by_request`: a person asked for it.",
      example: "hard_bounce",
    }),
    until: instantShape
      .nullable()
      .openapi({ description: "Instant at which the suppression ends. Null: never." }),
    note: z
      .string()
      .nullable()
      .openapi({ description: "Text for people. Null: there is none.", example: null }),
    createdAt: instantOf("Instant of the first reason."),
    updatedAt: instantOf("Instant of the latest reason."),
  })
  .openapi("Suppression");
