import { z } from "@hono/zod-openapi";
import { PROBLEM_CODES } from "../problem.ts";

/** RFC 9457. `docs/reference/problems.md` tells of each code. */
export const problemShape = z
  .object({
    type: z.string().openapi({
      description: "The `code` as a URI.",
      example: "urn:problem-type:edge-outbox:invalid_input",
    }),
    title: z.string().openapi({ description: "The code in words.", example: "Invalid input" }),
    status: z.int().openapi({ description: "The HTTP status.", example: 422 }),
    detail: z.string().openapi({
      description: "What is wrong with this request, for people.",
      example: "eventType: must be text, and not a number",
    }),
    code: z
      .enum(PROBLEM_CODES)
      .openapi({ description: "What programs go by: it does not change.", example: "invalid_input" }),
    errors: z
      .array(
        z.object({
          path: z.string().openapi({ description: "As `items[0].price`." }),
          message: z.string().openapi({ description: "What is wrong with it, or what it must be." }),
        }),
      )
      .optional()
      .openapi({
        description: "The fields that are wrong, the first 20 of them. An empty path is the body itself.",
        example: [{ path: "eventType", message: "must be text, and not a number" }],
      }),
    requestId: z.string().openapi({ description: "Also the header `x-request-id`, and in the log." }),
  })
  .openapi("Problem");
