import { z } from "@hono/zod-openapi";
import { count, instant } from "./parts.ts";

const capped = z
  .object({
    count,
    capped: z
      .boolean()
      .openapi({ description: "True: at least so many; it stopped after 10,000.", example: false }),
  })
  .openapi("Count");

export const statsShape = z
  .object({
    at: instant,
    span: z.object({ since: instant, until: instant }),
    messages: z.object({
      total: count.openapi({ description: "Ever committed.", example: 120345 }),
      purged: count.openapi({ description: "Of those, removed past retention.", example: 20000 }),
      inSpan: count.openapi({ description: "Committed within the span.", example: 4810 }),
    }),
    deliveries: z
      .object({
        complete: z
          .boolean()
          .openapi({ description: "False: of the newest 10,000 deliveries alone.", example: true }),
        counted: count.openapi({ example: 4810 }),
        states: z.object({
          pending: count.openapi({ example: 3 }),
          leased: count.openapi({ example: 1 }),
          delivered: count.openapi({ example: 4804 }),
          dead: count.openapi({ example: 2 }),
          cancelled: count.openapi({ example: 0 }),
        }),
        attempts: count.openapi({ description: "On record.", example: 4850 }),
        deliveredAtOnce: count.openapi({ description: "Delivered by their only attempt.", example: 4790 }),
      })
      .openapi({ description: "Of the messages within the span." }),
    now: z
      .object({
        unsettled: capped,
        due: capped.openapi({ description: "Of the unsettled, what is to be looked at by now." }),
        waitsForEarlier: capped.openapi({
          description: "Of the unsettled, what waits for an earlier one of its key.",
        }),
        deadLetters: capped,
        blockedKeys: capped,
        oldestDueAt: instant.nullable().openapi({
          description: "The first of enabled endpoints. In the past: something is late.",
          example: null,
        }),
      })
      .openapi({ description: "At this moment, whenever it was committed." }),
    endpoints: z
      .object({
        enabled: count.openapi({ example: 4 }),
        paused: count.openapi({ example: 0 }),
        disabled: count.openapi({ example: 1 }),
        failing: count.openapi({ description: "Their last attempt failed.", example: 1 }),
        held: count.openapi({ description: "By their breaker.", example: 0 }),
      })
      .openapi({ description: "Without the built-in one." }),
  })
  .openapi("Stats");
