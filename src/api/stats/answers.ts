import { z } from "@hono/zod-openapi";
import { COMPLAINT_LEVELS } from "../../domain/complaints.ts";
import { count, instantOf, instantShape } from "../answer-fields.ts";

export const cappedShape = z
  .object({
    count: count.openapi({ description: "Number found." }),
    capped: z.boolean().openapi({
      description: "True: counting stopped at the limit, and there may be more.",
      example: false,
    }),
  })
  .openapi("Count", {
    description: "A number, counted up to a limit: 10,000 in statistics, 1,000 in a look at this moment.",
  });

const at = instantOf("Instant of counting.");

/** Span that an answer counts. */
export const spanShape = z.object({
  since: instantOf("Beginning of the span: this instant or later."),
  until: instantOf("End of the span: before this instant."),
});

const ofNow = {
  now: z
    .object({
      // The first reference gives the shared schema its description, so this one must have none.
      unsettled: cappedShape,
      due: cappedShape.openapi({ description: "Unsettled deliveries whose due instant has passed." }),
      held: cappedShape.openapi({
        description:
          "Due deliveries that are held on purpose: by a pause, a disabled endpoint, an open breaker or a rate limit.",
      }),
      waitsForEarlier: cappedShape.openapi({
        description: "Unsettled deliveries that wait for an earlier one of their ordering key.",
      }),
      deadLetters: cappedShape.openapi({ description: "Deliveries that ended dead." }),
      blockedKeys: cappedShape.openapi({ description: "Ordering keys that a dead delivery blocks." }),
      oldestLateAt: instantShape.nullable().openapi({
        description:
          "Instant since which the longest late delivery might have been sent. Deliveries that are held on purpose are not late. Null: none is late.",
        example: null,
      }),
    })
    .openapi({ description: "Counts at this moment, of messages of any age." }),
  endpoints: z
    .object({
      enabled: count.openapi({ description: "Endpoints that deliveries are sent to.", example: 4 }),
      paused: count.openapi({ description: "Endpoints whose deliveries wait.", example: 0 }),
      disabled: count.openapi({ description: "Endpoints that receive no new deliveries.", example: 1 }),
      failing: count.openapi({ description: "Endpoints whose latest attempt failed.", example: 1 }),
      held: count.openapi({ description: "Endpoints held back by their open breaker.", example: 0 }),
    })
    .openapi({ description: "Leaves out the built-in endpoints." }),
};

const total = count.openapi({ description: "Messages ever committed.", example: 120345 });
const purged = count.openapi({ description: "Messages removed after their retention.", example: 20000 });

const complaints = z
  .object({
    level: z.enum(COMPLAINT_LEVELS).openapi({
      description:
        "Share of the e-mails accepted within seven days about which somebody complained. `warning`: from 0.1 %. `grave`: from 0.3 %.",
      example: "warning",
    }),
    toldAt: instantOf("Instant at which the cron has found them."),
  })
  .nullable()
  .openapi({
    description:
      "Complaints about e-mails that the cron has found too many within the last 24 hours: five or more, by their share. Null: none.",
    example: null,
  });

const rate = (description: string, example: number) =>
  z.number().min(0).nullable().openapi({ description, example });

const emails = z
  .object({
    complete: z.boolean().openapi({
      description: "True: every e-mail of the span was counted.",
      example: true,
    }),
    accepted: count.openapi({ description: "E-mails that a provider has accepted.", example: 4200 }),
    bounced: z
      .object({
        hard: count.openapi({ description: "Bounced for good: the mailbox does not exist.", example: 12 }),
        soft: count.openapi({ description: "Bounced for now.", example: 5 }),
      })
      .openapi({ description: "E-mails of which a recipient bounced, by kind." }),
    complained: count.openapi({
      description: "E-mails of which a recipient complained of spam.",
      example: 1,
    }),
    bounceRate: rate(
      "E-mails that bounced hard in the span for each that was accepted in it. Null: none was accepted, or not all are counted.",
      0.00286,
    ),
    complaintRate: rate(
      "E-mails with a complaint in the span for each that was accepted in it. Null: none was accepted, or not all are counted.",
      0.00024,
    ),
  })
  .openapi({
    description:
      "E-mails accepted within the span, and what came back within it, whenever they were committed. Counted by spans of five minutes, of an hour after three days, of a day after 90.",
  });

const today = z
  .object({
    messages: count.openapi({ description: "Messages per day.", example: 4810 }),
    bytes: count.openapi({ description: "Bytes of payloads per day.", example: 2_405_000 }),
    deliveries: count.openapi({ description: "Deliveries that the messages made.", example: 9620 }),
    emails: count.openapi({ description: "Deliveries through the channel `email`.", example: 120 }),
  })
  .nullable()
  .openapi({
    description:
      "Usage since the day began, in UTC. Null before the first commit of the day, and for a tenant without a quota.",
  });

export const nowShape = z
  .object({
    at,
    ...ofNow,
    messages: z.object({ total, purged }).openapi({ description: "Counts of the tenant's messages." }),
    complaints,
    today,
  })
  .openapi("Now");

export const statsShape = z
  .object({
    at,
    span: spanShape.openapi({ description: "Span of commits that `inSpan` and `deliveries` count." }),
    messages: z
      .object({
        total,
        purged,
        inSpan: count.openapi({ description: "Messages committed within the span.", example: 4810 }),
      })
      .openapi({ description: "Counts of the tenant's messages." }),
    deliveries: z
      .object({
        complete: z.boolean().openapi({
          description: "True: every delivery of the span was counted. False: only the newest 10,000 were.",
          example: true,
        }),
        counted: count.openapi({ description: "Number of deliveries counted.", example: 4810 }),
        states: z
          .object({
            pending: count.openapi({ description: "Deliveries that wait to be sent.", example: 3 }),
            leased: count.openapi({ description: "Deliveries handed to a consumer.", example: 1 }),
            delivered: count.openapi({
              description: "Deliveries accepted by their receivers.",
              example: 4804,
            }),
            dead: count.openapi({ description: "Deliveries given up.", example: 2 }),
            cancelled: count.openapi({ description: "Deliveries cancelled.", example: 0 }),
          })
          .openapi({ description: "Number of counted deliveries in each state." }),
        attempts: count.openapi({ description: "Attempts at the counted deliveries.", example: 4850 }),
        deliveredAtOnce: count.openapi({
          description: "Deliveries delivered by their only attempt.",
          example: 4790,
        }),
      })
      .openapi({ description: "Counts of the deliveries of messages within the span." }),
    emails,
    ...ofNow,
    complaints,
    today,
  })
  .openapi("Stats");
