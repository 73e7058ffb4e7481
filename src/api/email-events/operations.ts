import { createRoute, z } from "@hono/zod-openapi";
import { EVENT_PROVIDERS } from "../../email-events/provider-event.ts";
import { count } from "../answer-fields.ts";
import { answers, onlyRefusals } from "../operation.ts";

const receivedShape = z
  .object({
    recorded: count.openapi({
      description: "Number of events recorded now, for each recipient.",
      example: 1,
    }),
    repeated: count.openapi({ description: "Number of events that were on record.", example: 0 }),
    unmatched: count.openapi({
      description: "Number of events that are kept until their e-mail is on record.",
      example: 0,
    }),
    foreign: count.openapi({
      description: "Number of events of other e-mails, or of messages that were purged.",
      example: 0,
    }),
  })
  .openapi("ReceivedEmailEvents");

const EVENTS = {
  type: ["object", "array"] as ("object" | "array")[],
  description: "An event, or a list of them, as the provider documents it.",
};

/** Takes no token: each provider proves itself in its own way. */
export const receiveEmailEventsOperation = createRoute({
  operationId: "receiveEmailEvents",
  tags: ["E-mails"],
  method: "post",
  path: "/v1/email-events/{provider}",
  summary: "Receive what became of e-mails, from their provider",
  description:
    "Webhook of a provider of e-mails. Takes no token: it is verified as the provider documents, by the provider's setting. An event that comes again changes nothing.",
  security: [],
  request: {
    params: z.object({
      provider: z.enum(EVENT_PROVIDERS).openapi({
        param: { name: "provider", in: "path" },
        description: "Provider of the e-mails.",
        example: "resend",
      }),
    }),
    body: {
      description: "Events, in the form of the provider.",
      required: true,
      // No schema of zod, by which the body would be read before it is verified.
      content: { "application/json": { schema: EVENTS, example: { type: "email.bounced" } } },
    },
  },
  responses: {
    200: answers("Recorded, or known.", receivedShape),
    ...onlyRefusals(
      "invalid_input",
      "unauthorized",
      "route_not_found",
      "malformed_json",
      "body_too_large",
      "rate_limited",
      "overloaded",
      "uri_too_long",
      "headers_too_large",
      "storage_unavailable",
      "storage_full",
      "internal_error",
    ),
  },
});
