import { z } from "@hono/zod-openapi";
import { SUPPRESSION_REASONS } from "../../domain/email-status.ts";
import { count, instantOf, instantShape } from "../answer-fields.ts";

export const importedSuppressionsShape = z
  .object({
    added: count.openapi({ description: "Addresses that are suppressed from now on.", example: 998 }),
    existing: count.openapi({
      description:
        "Addresses that were suppressed already, or are given twice. Their reason, end and note are as the last entry has them.",
      example: 1,
    }),
    refused: z
      .array(
        z
          .object({
            index: count.openapi({ description: "Position of the entry, from 0.", example: 7 }),
            fields: z
              .array(
                z.object({
                  path: z.string().openapi({
                    description: "Path of the field.",
                    example: "suppressions[7].address",
                  }),
                  message: z.string().openapi({
                    description: "Problem of its value, and the remedy.",
                    example: "must be an e-mail address",
                  }),
                }),
              )
              .openapi({ description: "Invalid fields of the entry." }),
          })
          .openapi("RefusedSuppression"),
      )
      .openapi({ description: "Entries that are not imported." }),
  })
  .openapi("ImportedSuppressions", { description: "Numbers of entries, which add up to those given." });

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
