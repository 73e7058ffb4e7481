import { createRoute } from "@hono/zod-openapi";
import { problemShape } from "../door/problem.ts";
import { answers, onlyRefusals } from "../operation.ts";
import { healthShape } from "./answers.ts";

/** No token: it is what a monitor asks. */
export const healthOperation = createRoute({
  operationId: "readHealth",
  tags: ["Health"],
  method: "get",
  path: "/health",
  summary: "Report whether deliveries are on time",
  description:
    "503 when something wants a person. Answers what the cron has found within the last minute, so that asking costs nothing. Takes no token.",
  security: [],
  responses: {
    ...onlyRefusals("rate_limited", "uri_too_long", "headers_too_large", "internal_error"),
    200: answers("They are.", healthShape),
    503: {
      description:
        "Something is wrong (`application/json`), or the database does not answer (`application/problem+json`).",
      content: {
        "application/json": { schema: healthShape },
        "application/problem+json": { schema: problemShape },
      },
    },
  },
});
