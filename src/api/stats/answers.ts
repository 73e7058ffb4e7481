import { z } from "@hono/zod-openapi";
import type { Stats } from "../../trace/stats.ts";
import { count, instantOf, instantShape, toIso } from "../answer-fields.ts";

const capped = z
  .object({
    count: count.openapi({ description: "How many were found." }),
    capped: z
      .boolean()
      .openapi({ description: "True: at least so many; it stopped after 10,000.", example: false }),
  })
  .openapi("Count", { description: "How many, counted up to 10,000." });

export const statsShape = z
  .object({
    at: instantOf("When it was counted."),
    span: z
      .object({
        since: instantOf("Committed at this instant or later."),
        until: instantOf("Committed before this instant."),
      })
      .openapi({ description: "What the counts within the span are of." }),
    messages: z
      .object({
        total: count.openapi({ description: "Ever committed.", example: 120345 }),
        purged: count.openapi({ description: "Of those, removed past retention.", example: 20000 }),
        inSpan: count.openapi({ description: "Committed within the span.", example: 4810 }),
      })
      .openapi({ description: "How many there are." }),
    deliveries: z
      .object({
        complete: z
          .boolean()
          .openapi({ description: "False: of the newest 10,000 deliveries alone.", example: true }),
        counted: count.openapi({ description: "How many were counted.", example: 4810 }),
        states: z
          .object({
            pending: count.openapi({ description: "Not handed out.", example: 3 }),
            leased: count.openapi({ description: "Handed out.", example: 1 }),
            delivered: count.openapi({ description: "Accepted by their receivers.", example: 4804 }),
            dead: count.openapi({ description: "Given up.", example: 2 }),
            cancelled: count.openapi({ description: "Called off.", example: 0 }),
          })
          .openapi({ description: "How many of them are in each state." }),
        attempts: count.openapi({ description: "On record.", example: 4850 }),
        deliveredAtOnce: count.openapi({ description: "Delivered by their only attempt.", example: 4790 }),
      })
      .openapi({ description: "Of the messages within the span." }),
    now: z
      .object({
        // The first to refer to it gives it its description: this one has none of its own.
        unsettled: capped,
        due: capped.openapi({ description: "Of the unsettled, what is to be looked at by now." }),
        waitsForEarlier: capped.openapi({
          description: "Of the unsettled, what waits for an earlier one of its key.",
        }),
        deadLetters: capped.openapi({ description: "What ended dead." }),
        blockedKeys: capped.openapi({ description: "Ordering keys that a dead delivery blocks." }),
        oldestDueAt: instantShape.nullable().openapi({
          description: "The first of enabled endpoints. In the past: something is late.",
          example: null,
        }),
      })
      .openapi({ description: "At this moment, whenever it was committed." }),
    endpoints: z
      .object({
        enabled: count.openapi({ description: "To which is sent.", example: 4 }),
        paused: count.openapi({ description: "For which what comes waits.", example: 0 }),
        disabled: count.openapi({ description: "Which what comes does not concern.", example: 1 }),
        failing: count.openapi({ description: "Their last attempt failed.", example: 1 }),
        held: count.openapi({ description: "By their breaker.", example: 0 }),
      })
      .openapi({ description: "Without the built-in ones." }),
    today: z
      .object({
        messages: count.openapi({ description: "Messages.", example: 4810 }),
        bytes: count.openapi({ description: "Bytes of payloads.", example: 2_405_000 }),
        deliveries: count.openapi({ description: "Deliveries that they made.", example: 9620 }),
        emails: count.openapi({ description: "Of those, through the channel `email`.", example: 120 }),
      })
      .nullable()
      .openapi({
        description:
          "Committed since the day began, in UTC. Null while nothing was, and for a tenant that has no quota.",
      }),
  })
  .openapi("Stats");

export function presentStats({ at, span, now, ...rest }: Stats) {
  return {
    at: toIso(at),
    span: { since: toIso(span.since), until: toIso(span.until) },
    ...rest,
    now: { ...now, oldestDueAt: toIso(now.oldestDueAt) },
  };
}
