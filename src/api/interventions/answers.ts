import { z } from "@hono/zod-openapi";
import { count } from "../answer-fields.ts";

export const cancelledShape = z.object({
  cancelled: count.openapi({ description: "How many were called off.", example: 1 }),
});

export const retriedOneShape = z.object({
  retried: count.openapi({ description: "How many are due now.", example: 1 }),
});

export const dismissedOneShape = z.object({
  dismissed: count.openapi({ description: "How many are no dead letters any more.", example: 1 }),
});

export const skippedOneShape = z.object({
  skipped: count.openapi({ description: "How many no longer block their key.", example: 1 }),
});

export const replayedShape = z
  .object({
    matched: count.openapi({ description: "How many the filter finds.", example: 12500 }),
    replayed: count.openapi({
      description: "How many are to be tried again: 10,000 to a call, at most.",
      example: 10000,
    }),
  })
  .openapi("Replayed");

export const retriedShape = z
  .object({
    matched: count.openapi({ description: "How many wait for a retry that is not due yet.", example: 40 }),
    retried: count.openapi({ description: "How many are due now: 10,000 to a call, at most.", example: 40 }),
  })
  .openapi("Retried");

export const dismissedShape = z
  .object({
    matched: count.openapi({ description: "How many dead letters the body describes.", example: 12 }),
    dismissed: count.openapi({
      description: "How many are put away: 10,000 to a call, at most.",
      example: 12,
    }),
  })
  .openapi("Dismissed");

export const skippedShape = z
  .object({
    matched: count.openapi({ description: "How many block a key.", example: 3 }),
    skipped: count.openapi({ description: "10,000 to a call, at most.", example: 3 }),
  })
  .openapi("Skipped");
