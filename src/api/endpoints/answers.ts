import { z } from "@hono/zod-openapi";
import { isBuiltIn } from "../../domain/handlers.ts";
import { CHANNELS, type EndpointState, ORDERINGS, PAYLOAD_FORMATS } from "../../domain/states.ts";
import type { Endpoint } from "../../registry/endpoints.ts";
import { instantOf, instantShape, toIso } from "../answer-fields.ts";

export const endpointShape = z
  .object({
    id: z.string().openapi({ description: "Chosen by the outbox.", example: "ep_frynvjak525rczpvhfer" }),
    channel: z.enum(CHANNELS).openapi({ description: "By which way deliveries go.", example: "webhook" }),
    url: z
      .string()
      .optional()
      .openapi({ description: "Of a webhook.", example: "https://example.com/webhooks" }),
    address: z
      .string()
      .nullable()
      .optional()
      .openapi({ description: "Of an e-mail endpoint; null for the built-in one." }),
    handler: z
      .string()
      .optional()
      .openapi({ description: "The name of the function in the outbox's Worker that is called." }),
    builtIn: z.boolean().openapi({
      description: "It is there by itself: for direct e-mails, or for work of a handler.",
      example: false,
    }),
    state: z.enum(["enabled", "paused", "disabled"]).openapi({
      description: "`paused`: what comes waits. `disabled`: what comes does not concern it.",
      example: "enabled",
    }),
    stateReason: z
      .string()
      .nullable()
      .openapi({ description: "`by_request`, `gone` after a 410, or `failing`.", example: null }),
    eventTypes: z
      .array(z.string())
      .nullable()
      .openapi({ description: "null: every event type.", example: ["order.placed"] }),
    description: z
      .string()
      .nullable()
      .openapi({ description: "What it is, for people.", example: "The warehouse" }),
    headers: z
      .record(z.string(), z.string())
      .nullable()
      .openapi({ description: "Headers that are sent along.", example: { "x-team": "blue" } }),
    secretHeaders: z
      .array(z.string())
      .nullable()
      .openapi({
        description: "The names of headers whose values are never shown.",
        example: ["authorization"],
      }),
    retrySchedule: z
      .array(z.number())
      .nullable()
      .openapi({ description: "Seconds to wait before each retry.", example: [5, 300] }),
    order: z
      .enum(ORDERINGS)
      .openapi({ description: "`strict`: a dead delivery blocks its ordering key.", example: "lenient" }),
    giveUpOn: z
      .array(z.int())
      .nullable()
      .openapi({ description: "HTTP statuses after which there is no retry.", example: [404] }),
    payloadFormat: z.enum(PAYLOAD_FORMATS).nullable().openapi({
      description:
        "The body of a webhook. `standard`: `{ type, timestamp, data }`. `raw`: the payload alone. null for other channels.",
      example: "standard",
    }),
    rateLimit: z.number().nullable().openapi({ description: "Deliveries per second.", example: 10 }),
    failingSince: instantShape
      .nullable()
      .openapi({ description: "Since when every attempt has failed.", example: null }),
    heldUntil: instantShape
      .nullable()
      .openapi({ description: "Until when nothing is sent because of that.", example: null }),
    createdAt: instantOf("When it was made."),
    updatedAt: instantOf("When it was changed last."),
  })
  .openapi("Endpoint");

/** As it is answered by what makes a secret. */
export const endpointWithSecretShape = endpointShape
  .extend({
    secret: z.string().optional().openapi({
      description:
        "With which receivers verify. Shown here and never again: the answer to a repeated request leaves it out. Other endpoints have none.",
      example: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=",
    }),
  })
  .openapi("EndpointWithSecret");

/** The secret is shown once, by the calls that make it: they add it. */
export function presentEndpoint(endpoint: Endpoint) {
  return {
    id: endpoint.id,
    channel: endpoint.channel,
    ...(endpoint.channel === "webhook" && { url: endpoint.target }),
    ...(endpoint.channel === "email" && { address: endpoint.target || null }),
    ...(endpoint.channel === "handler" && { handler: endpoint.target }),
    builtIn: isBuiltIn(endpoint.id),
    // A deleted one is never found.
    state: endpoint.state as Exclude<EndpointState, "deleted">,
    stateReason: endpoint.stateReason,
    eventTypes: endpoint.eventTypes,
    description: endpoint.description,
    headers: endpoint.headers,
    secretHeaders: endpoint.secretHeaderNames,
    retrySchedule: endpoint.retrySchedule,
    order: endpoint.ordering,
    giveUpOn: endpoint.giveUpOn,
    payloadFormat: endpoint.channel === "webhook" ? endpoint.payloadFormat : null,
    rateLimit: endpoint.rateLimit,
    failingSince: toIso(endpoint.failingSince),
    heldUntil: toIso(endpoint.heldUntil),
    createdAt: toIso(endpoint.createdAt),
    updatedAt: toIso(endpoint.updatedAt),
  };
}

/** As the calls answer it that make its secret. */
export function presentEndpointWithSecret(endpoint: Endpoint) {
  return { ...presentEndpoint(endpoint), ...(endpoint.secret !== null && { secret: endpoint.secret }) };
}
