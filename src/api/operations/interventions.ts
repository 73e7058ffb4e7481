import { z } from "@hono/zod-openapi";
import { deadLetterReplayInput, endpointReplayInput } from "../../interventions/replay.ts";
import { skipInput } from "../../interventions/skip.ts";
import { answers, bodyOnceRefusals, named, onceRefusals, operation, takes } from "../operation.ts";
import { onceHeader } from "../shapes/headers.ts";
import { replayedShape, skippedShape } from "../shapes/messages.ts";
import { count, deliveryPath, endpointPath, messagePath, tenantPath } from "../shapes/parts.ts";

const tags: [string] = ["Interventions"];
const message = "/v1/tenants/{tenant}/messages/{message}";
const delivery = `${message}/deliveries/{endpoint}` as const;
const endpoint = "/v1/tenants/{tenant}/endpoints/{endpoint}";

const cancelled = z.object({
  cancelled: count.openapi({ description: "How many were called off.", example: 1 }),
});
const skipped = z.object({
  skipped: count.openapi({ description: "How many no longer block their key.", example: 1 }),
});

export const cancelMessageOperation = operation({
  operationId: "cancelMessage",
  tags,
  access: "manage",
  method: "post",
  path: `${message}/cancel`,
  summary: "Cancel what is left of a message",
  description:
    "Answers how many deliveries were unsettled and are now cancelled. What is on its way at this moment may still arrive.",
  parameters: [onceHeader],
  request: { params: messagePath },
  responses: { 202: answers("It is on record.", cancelled), ...onceRefusals("message_not_found") },
});

export const cancelDeliveryOperation = operation({
  operationId: "cancelDelivery",
  tags,
  access: "manage",
  method: "post",
  path: `${delivery}/cancel`,
  summary: "Cancel a delivery",
  parameters: [onceHeader],
  request: { params: deliveryPath },
  responses: {
    202: answers("It is on record.", cancelled),
    ...onceRefusals("message_not_found", "delivery_not_found", "delivery_settled"),
  },
});

export const replayDeliveryOperation = operation({
  operationId: "replayDelivery",
  tags,
  access: "manage",
  method: "post",
  path: `${delivery}/replay`,
  summary: "Try a settled delivery again",
  description: "Its attempts are numbered on, and its retry schedule starts anew. The `webhook-id` stays.",
  parameters: [onceHeader],
  request: { params: deliveryPath },
  responses: {
    202: answers("It is on record.", replayedShape),
    ...onceRefusals("message_not_found", "delivery_not_found", "delivery_not_settled", "endpoint_not_found"),
  },
});

export const skipDeliveryOperation = operation({
  operationId: "skipDelivery",
  tags,
  access: "manage",
  method: "post",
  path: `${delivery}/skip`,
  summary: "Let an ordering key go on past a dead delivery",
  parameters: [onceHeader],
  request: { params: deliveryPath },
  responses: {
    202: answers("It is on record.", skipped),
    ...onceRefusals("message_not_found", "delivery_not_found", "delivery_not_blocking"),
  },
});

export const replayEndpointOperation = operation({
  operationId: "replayEndpoint",
  tags,
  access: "manage",
  method: "post",
  path: `${endpoint}/replay`,
  summary: "Try an endpoint's settled deliveries again",
  description: "Oldest first, a hundred to a second. While `replayed` is less than `matched`, call again.",
  parameters: [onceHeader],
  request: {
    params: endpointPath,
    body: takes(named(endpointReplayInput, "EndpointReplay"), {
      since: "2026-11-23T00:00:00Z",
      dryRun: true,
    }),
  },
  responses: { 202: answers("It is on record.", replayedShape), ...bodyOnceRefusals("endpoint_not_found") },
});

export const skipEndpointOperation = operation({
  operationId: "skipEndpoint",
  tags,
  access: "manage",
  method: "post",
  path: `${endpoint}/skip`,
  summary: "Let all blocked ordering keys of an endpoint go on",
  parameters: [onceHeader],
  request: {
    params: endpointPath,
    body: takes(named(skipInput, "Skip"), { dryRun: true }),
  },
  responses: { 202: answers("It is on record.", skippedShape), ...bodyOnceRefusals("endpoint_not_found") },
});

export const replayDeadLettersOperation = operation({
  operationId: "replayDeadLetters",
  tags,
  access: "manage",
  method: "post",
  path: "/v1/tenants/{tenant}/dead-letters/replay",
  summary: "Try the dead letters again",
  description: "Those that the body describes; `{}` means all of them.",
  parameters: [onceHeader],
  request: {
    params: tenantPath,
    body: takes(named(deadLetterReplayInput, "DeadLetterReplay"), {
      eventTypes: ["order.placed"],
      dryRun: true,
    }),
  },
  responses: { 202: answers("It is on record.", replayedShape), ...bodyOnceRefusals() },
});
