import { createRoute, z } from "@hono/zod-openapi";
import { STORAGE_LEVELS } from "../../domain/storage-level.ts";
import { answers, onlyRefusals } from "../operation.ts";
import { count, instant } from "../answer-fields.ts";
import { problemShape } from "../door/problem.ts";

const TROUBLES = ["unwatched", "unsound", "overdue", "storage"] as const;
export type Trouble = (typeof TROUBLES)[number];

const healthShape = z
  .object({
    status: z.enum(["ok", ...TROUBLES]).openapi({
      description:
        "`ok`, or the first of `troubles`. `unwatched`: the cron has not run for three minutes, and nothing else here is up to date. `unsound`: the database has lost the trigger that frees the next delivery of an ordering key. `overdue`: something is more than five minutes late. `storage`: the database is more than 85 % full.",
    }),
    overdue: count.openapi({
      description: "Tenants with deliveries more than 10 seconds late, 1000 at most.",
      example: 0,
    }),
    oldestDueAt: instant
      .nullable()
      .openapi({ description: "Since when the longest has waited.", example: null }),
    sweptAt: instant.openapi({ description: "When the cron looked: all of this is as of then." }),
    storage: z
      .object({
        bytes: count.openapi({ description: "Size of the database.", example: 73728 }),
        maxBytes: count.openapi({
          description: "How large it may get: `DATABASE_MAX_GB`.",
          example: 10_000_000_000,
        }),
        level: z.enum(STORAGE_LEVELS).openapi({
          description:
            "`filling` from 70 %, `nearly_full` from 85 %, `full` from 98 %: then commits are refused with `storage_full`, and deliveries go on.",
        }),
      })
      .openapi({ description: "How far the database has filled, in bytes." }),
    troubles: z
      .array(z.enum(TROUBLES))
      .openapi({ description: "All that is wrong, the worst first.", example: [] }),
  })
  .openapi("Health");

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
