import { z } from "@hono/zod-openapi";
import { BODY_FORMATS, ORDERINGS } from "../../domain/states.ts";
import { channel, instantOf, instantShape } from "../answer-fields.ts";
import { healthSummaryShape } from "./health-answers.ts";

export const endpointShape = z
  .object({
    id: z.string().openapi({
      description: "Id of the endpoint, chosen by the outbox.",
      example: "ep_frynvjak525rczpvhfer",
    }),
    channel,
    url: z.string().optional().openapi({
      description: "URL of a webhook; absent for other channels.",
      example: "https://example.com/webhooks",
    }),
    address: z.string().nullable().optional().openapi({
      description: "Address of an e-mail endpoint; null for the built-in one, absent for other channels.",
    }),
    handler: z
      .string()
      .optional()
      .openapi({ description: "Name of the handler in the outbox's Worker; absent for other channels." }),
    builtIn: z.boolean().openapi({
      description:
        "True: the outbox made the endpoint itself, for direct e-mails or for the work of a handler.",
      example: false,
    }),
    state: z.enum(["enabled", "paused", "disabled"]).openapi({
      description:
        "State of the endpoint. `enabled`: deliveries are sent. `paused`: new deliveries wait. `disabled`: new messages make no deliveries to it.",
      example: "enabled",
    }),
    stateReason: z.string().nullable().openapi({
      description: "Reason of the state: `by_request`, `gone` after a 410, or `failing`. Null while enabled.",
      example: null,
    }),
    eventTypes: z
      .array(z.string())
      .nullable()
      .openapi({
        description: "Event types that the endpoint receives. Null: every event type.",
        example: ["order.placed"],
      }),
    description: z
      .string()
      .nullable()
      .openapi({ description: "Description for people.", example: "The warehouse" }),
    headers: z
      .record(z.string(), z.string())
      .nullable()
      .openapi({ description: "Headers sent with each webhook.", example: { "x-team": "blue" } }),
    secretHeaders: z
      .array(z.string())
      .nullable()
      .openapi({
        description: "Names of the secret headers. Their values are never shown.",
        example: ["authorization"],
      }),
    retrySchedule: z
      .array(z.number())
      .nullable()
      .openapi({
        description: "Seconds to wait before each retry. Null: `RETRY_SCHEDULE`.",
        example: [5, 300],
      }),
    order: z.enum(ORDERINGS).openapi({
      description:
        "Effect of a dead delivery on its ordering key. `lenient`: the key goes on. `strict`: the key is blocked.",
      example: "lenient",
    }),
    giveUpOn: z
      .array(z.int())
      .nullable()
      .openapi({
        description: "HTTP statuses that end a delivery without a retry. Null: none but 410.",
        example: [404],
      }),
    payloadFormat: z.enum(BODY_FORMATS).nullable().openapi({
      description:
        "Form of a webhook's body. `standard`: `{ type, timestamp, data }`. `raw`: the payload alone. `slack`, `discord`, `teams`: a message in that chat, whose `url` is shown as its host alone. Null for other channels.",
      example: "standard",
    }),
    rateLimit: z
      .number()
      .nullable()
      .openapi({ description: "Largest number of deliveries per second. Null: no limit.", example: 10 }),
    maxConcurrency: z.int().nullable().openapi({
      description:
        "Largest number of deliveries that are sent at once. Null: as many as the endpoint keeps up with.",
      example: 4,
    }),
    secretSetAt: instantShape.nullable().openapi({
      description:
        "Instant at which the signing secret, or the URL of a chat, was made or given. Null for other channels.",
    }),
    earlierSecretsEndAt: z.array(instantShape).openapi({
      description:
        "Instants at which earlier secrets end to sign beside the current one, the newest secret first. An instant in the past: it signs no more.",
      example: [],
    }),
    failingSince: instantShape.nullable().openapi({
      description: "Instant since which every attempt has failed. Null: the latest attempt succeeded.",
      example: null,
    }),
    heldUntil: instantShape.nullable().openapi({
      description: "Instant until which the open breaker sends nothing. Null: the breaker is closed.",
      example: null,
    }),
    createdAt: instantOf("Instant of creation."),
    updatedAt: instantOf("Instant of the latest change."),
  })
  .openapi("Endpoint");

/** An endpoint in a list. */
export const listedEndpointShape = endpointShape
  .extend({
    health: healthSummaryShape
      .optional()
      .openapi({ description: "Health of the endpoint. Absent without `with=health`." }),
  })
  .openapi("ListedEndpoint");

/** Answer of the operations that make a secret. */
export const endpointWithSecretShape = endpointShape
  .extend({
    secret: z.string().optional().openapi({
      description:
        "Signing secret with which receivers verify webhooks. Shown in this answer only: a repeated request is answered without it. Absent for other channels.",
      example: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=",
    }),
  })
  .openapi("EndpointWithSecret");
