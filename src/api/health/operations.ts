import { createRoute } from "@hono/zod-openapi";
import { problemShape } from "../door/problem.ts";
import { answers, onlyRefusals } from "../operation.ts";
import { healthShape } from "./answers.ts";

/** Takes no token, because monitors ask for it. */
export const healthOperation = createRoute({
  operationId: "readHealth",
  tags: ["Health"],
  method: "get",
  path: "/health",
  summary: "Report whether deliveries are on time",
  description:
    "Answers 503 when something needs a person. Reports the findings of the cron's latest run, at most a minute old, so asking costs nothing. Takes no token.",
  security: [],
  responses: {
    ...onlyRefusals("rate_limited", "uri_too_long", "headers_too_large", "internal_error"),
    200: answers("Deliveries are on time.", healthShape),
    503: {
      description:
        "A trouble was found (`application/json`), or the database does not answer (`application/problem+json`).",
      content: {
        "application/json": { schema: healthShape },
        "application/problem+json": { schema: problemShape },
      },
    },
  },
});
