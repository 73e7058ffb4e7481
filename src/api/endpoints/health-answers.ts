import { z } from "@hono/zod-openapi";
import { ENDPOINT_STATES } from "../../domain/states.ts";
import { BREAKER_STATES } from "../../trace/endpoint-health.ts";
import { count, endpointId, instantOf, instantShape } from "../answer-fields.ts";
import { outcomesShape } from "../stats/series-answers.ts";

const capped = z
  .object({
    count: count.openapi({ description: "Number found." }),
    capped: z
      .boolean()
      .openapi({ description: "True: counting stopped at 1,000, and there may be more.", example: false }),
  })
  .openapi("SmallCount", { description: "A number, counted up to 1,000." });

/** Fields of health that lists have too. */
const state = z.enum(ENDPOINT_STATES).openapi({
  description: "State of the endpoint. A paused tenant pauses its endpoints.",
  example: "enabled",
});
const breakerFields = {
  state: z.enum(BREAKER_STATES).openapi({
    description:
      "`closed`: deliveries go out. `open`: none does, until `until`. `halfOpen`: one at a time is tried, until one succeeds.",
    example: "closed",
  }),
  until: instantShape
    .nullable()
    .openapi({ description: "End of the hold. Null: it is closed.", example: null }),
};
const failing = z
  .object({
    since: instantOf("Instant since which every attempt has failed."),
    lastAt: instantShape.nullable().openapi({ description: "Instant of the latest failure." }),
    usedPercent: z.int().min(0).max(100).nullable().openapi({
      description:
        "Share of `DISABLE_AFTER_DAYS` that has passed. Null: failures do not disable it, as only webhooks are.",
      example: 12,
    }),
    disabledAt: instantShape.nullable().openapi({
      description: "Instant from which on a failure disables the endpoint. Null: failures do not disable it.",
    }),
  })
  .nullable()
  .openapi({ description: "Run of failures only. Null: the latest attempt succeeded.", example: null });

export const endpointHealthShape = z
  .object({
    at: instantOf("Instant of reading."),
    endpointId,
    state,
    stateReason: z.string().nullable().openapi({
      description: "Reason of a state other than `enabled`: `by_request`, `gone`, `failing`.",
      example: null,
    }),
    breaker: z
      .object({
        ...breakerFields,
        holds: count.openapi({
          description: "Number of openings since the last success: each is longer.",
          example: 0,
        }),
        attempts: count.openapi({
          description: "Attempts since a failure that it counts, within a minute.",
          example: 4,
        }),
        failures: count.openapi({ description: "Number of them that failed.", example: 1 }),
      })
      .openapi({ description: "Breaker of the endpoint." }),
    failing,
    waiting: z
      .object({
        // The first reference gives the shared schema its description, so this one must have none.
        due: capped,
        later: capped.openapi({ description: "Deliveries that are due later, by a schedule or a retry." }),
        underWay: capped.openapi({ description: "Deliveries handed to a consumer." }),
        behind: capped.openapi({
          description: "Deliveries that wait for an earlier one of their ordering key.",
        }),
        blockedKeys: capped.openapi({
          description: "Ordering keys that a dead delivery blocks, until somebody acts.",
        }),
        oldestLateAt: instantShape.nullable().openapi({
          description:
            "Instant since which the longest late delivery might have been sent. Null: none is late.",
          example: null,
        }),
      })
      .openapi({ description: "Unsettled deliveries of the endpoint." }),
    lastHour: outcomesShape.openapi({ description: "Outcomes of the last hour." }),
    lastDay: outcomesShape.openapi({ description: "Outcomes of the last 24 hours." }),
  })
  .openapi("EndpointHealth");

export const healthSummaryShape = z
  .object({
    state,
    breaker: z.object(breakerFields).openapi({ description: "Breaker of the endpoint." }),
    failing,
    waiting: z
      .object({
        count: count.openapi({ description: "Number found." }),
        capped: z.boolean().openapi({
          description: "True: counting stopped at 100, and there may be more.",
          example: false,
        }),
      })
      .openapi({ description: "Unsettled deliveries of the endpoint, counted up to 100." }),
    lastDay: outcomesShape.openapi({ description: "Outcomes of the last 24 hours." }),
    hours: z
      .array(
        z
          .object({
            at: instantOf("Beginning of the hour."),
            delivered: count.openapi({ description: "Attempts that delivered.", example: 118 }),
            failed: count.openapi({ description: "Attempts that failed.", example: 14 }),
          })
          .openapi("HourOfEndpoint"),
      )
      .openapi({ description: "Hours of the last 24 with attempts, in order of time." }),
  })
  .openapi("EndpointHealthSummary");
