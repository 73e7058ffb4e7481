import { z } from "@hono/zod-openapi";
import { FAILURE_NAMES, SERIES_STEPS } from "../../trace/series.ts";
import { count, instantOf } from "../answer-fields.ts";

const milliseconds = (description: string, example: number) =>
  z.int().min(0).nullable().openapi({ description, example });

const percentilesShape = z
  .object({
    p50: milliseconds("Half of them took at most as long.", 40),
    p95: milliseconds("19 of 20 took at most as long.", 220),
    p99: milliseconds("99 of 100 took at most as long.", 900),
  })
  .openapi("Percentiles", {
    description:
      "Percentiles in milliseconds, interpolated within the classes of a histogram, so that they may lie beyond the longest time there was. Null: nothing was counted.",
  });

const failuresShape = z
  .object({
    [FAILURE_NAMES.redirected]: count.openapi({
      description: "Answers of 3xx, which are not followed.",
      example: 0,
    }),
    [FAILURE_NAMES.refused]: count.openapi({ description: "Answers of 4xx, without 429.", example: 1 }),
    [FAILURE_NAMES.throttled]: count.openapi({ description: "Answers of 429.", example: 0 }),
    [FAILURE_NAMES.failed]: count.openapi({ description: "Answers of 5xx.", example: 12 }),
    [FAILURE_NAMES.timed_out]: count.openapi({
      description: "Attempts without an answer in time.",
      example: 2,
    }),
    [FAILURE_NAMES.unreached]: count.openapi({ description: "Attempts without a connection.", example: 0 }),
    [FAILURE_NAMES.other]: count.openapi({
      description: "Anything else: a handler that threw, or a fault of the outbox itself.",
      example: 0,
    }),
  })
  .openapi("FailureClasses", {
    description: "Failed attempts by class. They add up to `retried` and `dead`.",
  });

/** Fields of outcomes in a span of time. */
const outcomeFields = {
  committed: count.openapi({ description: "Messages committed. 0 for a single endpoint.", example: 120 }),
  delivered: count.openapi({ description: "Attempts that delivered.", example: 118 }),
  retried: count.openapi({ description: "Attempts that failed, and are followed by another.", example: 14 }),
  dead: count.openapi({ description: "Deliveries that became dead letters.", example: 1 }),
  failures: failuresShape,
  latencyMs: percentilesShape.openapi({
    description:
      "Time from the commit, or from `deliverAt`, to delivery. Deliveries that somebody replayed or retried are left out.",
  }),
  durationMs: percentilesShape.openapi({ description: "Duration of attempts." }),
};

export const outcomesShape = z
  .object(outcomeFields)
  .openapi("Outcomes", { description: "Outcomes in a span of time." });

const seriesFields = {
  at: instantOf("Instant of counting."),
  span: z
    .object({
      since: instantOf("Beginning of the series, at a whole step."),
      until: instantOf("End of the series."),
    })
    .openapi({ description: "Span of the series." }),
  step: z.enum(SERIES_STEPS).openapi({ description: "Length of each point.", example: "5m" }),
  points: z
    .array(z.object({ at: instantOf("Beginning of the point."), ...outcomeFields }).openapi("SeriesPoint"))
    .openapi({ description: "Points in order of time. A point in which nothing happened is left out." }),
};

export const seriesShape = z
  .object({
    ...seriesFields,
    complete: z.boolean().openapi({
      description:
        "True: every outcome of the span is counted. False: of what the cron has yet to sum up only the newest 2,000 deliveries are; or there are so many sums that only the newest 10,000 were read, and `span.since` is later than it was asked.",
      example: true,
    }),
  })
  .openapi("Series");

export const deploymentSeriesShape = z.object(seriesFields).openapi("DeploymentSeries");
