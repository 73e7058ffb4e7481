import { z } from "@hono/zod-openapi";
import { count, instantOf } from "../answer-fields.ts";

export const cancelledShape = z.object({
  cancelled: count.openapi({ description: "Number of deliveries cancelled.", example: 1 }),
});

export const retriedOneShape = z.object({
  retried: count.openapi({ description: "Number of deliveries made due now.", example: 1 }),
});

export const dismissedOneShape = z.object({
  dismissed: count.openapi({ description: "Number of dead letters put away.", example: 1 }),
});

export const skippedOneShape = z.object({
  skipped: count.openapi({ description: "Number of deliveries that no longer block their key.", example: 1 }),
});

const asOf = instantOf(
  "Instant by which they were settled. Further calls with this `asOf` change those that are left, and no other.",
);

const capped = z.boolean().openapi({
  description: "True: counting stopped at 100,000, and there may be more. Call again until `left` is 0.",
  example: false,
});

export const replayedOneShape = z.object({
  matched: count.openapi({ description: "Always 1.", example: 1 }),
  replayed: count.openapi({ description: "Number of deliveries to be tried again.", example: 1 }),
});

export const replayedShape = z
  .object({
    matched: count.openapi({
      description: "Number of deliveries that the request describes, counted up to 100,000.",
      example: 12500,
    }),
    capped,
    replayed: count.openapi({
      description: "Number of deliveries to be tried again, at most 10,000 per call.",
      example: 10000,
    }),
    left: count.openapi({ description: "Number of deliveries left for further calls.", example: 2500 }),
    asOf,
  })
  .openapi("Replayed");

export const retriedShape = z
  .object({
    matched: count.openapi({
      description: "Number of deliveries that wait for a retry that is not due yet.",
      example: 40,
    }),
    retried: count.openapi({
      description: "Number of deliveries made due now, at most 10,000 per call.",
      example: 40,
    }),
  })
  .openapi("Retried");

export const dismissedShape = z
  .object({
    matched: count.openapi({
      description: "Number of dead letters that the request describes, counted up to 100,000.",
      example: 12,
    }),
    capped,
    dismissed: count.openapi({
      description: "Number of dead letters put away, at most 10,000 per call.",
      example: 12,
    }),
    left: count.openapi({ description: "Number of dead letters left for further calls.", example: 0 }),
    asOf,
  })
  .openapi("Dismissed");

export const skippedShape = z
  .object({
    matched: count.openapi({ description: "Number of deliveries that block a key.", example: 3 }),
    skipped: count.openapi({ description: "Number of keys released, at most 10,000 per call.", example: 3 }),
  })
  .openapi("Skipped");
