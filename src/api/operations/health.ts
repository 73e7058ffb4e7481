import { createRoute, z } from "@hono/zod-openapi";
import { answers, onlyRefusals } from "../operation.ts";
import { count, instant } from "../shapes/parts.ts";
import { problemShape } from "../shapes/problem.ts";

const healthShape = z
  .object({
    status: z
      .enum(["ok", "overdue"])
      .openapi({ description: "`overdue`: something is more than five minutes late." }),
    overdue: count.openapi({
      description: "Tenants with deliveries more than 10 seconds late, 1000 at most.",
      example: 0,
    }),
    oldestDueAt: instant
      .nullable()
      .openapi({ description: "Since when the longest has waited.", example: null }),
  })
  .openapi("Health");

/** No token: it is what a monitor asks. */
export const healthOperation = createRoute({
  operationId: "readHealth",
  tags: ["Health"],
  method: "get",
  path: "/health",
  summary: "Whether deliveries are being made",
  description: "503 once the oldest due one is more than five minutes late. Takes no token.",
  security: [],
  responses: {
    ...onlyRefusals("uri_too_long", "headers_too_large", "internal_error"),
    200: answers("They are.", healthShape),
    503: {
      description:
        "They are not (`application/json`), or the database does not answer (`application/problem+json`).",
      content: {
        "application/json": { schema: healthShape },
        "application/problem+json": { schema: problemShape },
      },
    },
  },
});
