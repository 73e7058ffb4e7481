import { endpointReplayInput } from "../../interventions/replay.ts";
import { retryInput } from "../../interventions/retry.ts";
import { deadLetterInput } from "../../interventions/settled.ts";
import { skipInput } from "../../interventions/skip.ts";
import { onceHeader } from "../headers.ts";
import { answers, named, onceRefusals, operation, takes } from "../operation.ts";
import { deliveryPath, endpointPath, messagePath, tenantPath } from "../paths.ts";
import {
  cancelledShape,
  dismissedOneShape,
  dismissedShape,
  replayedShape,
  retriedOneShape,
  retriedShape,
  skippedOneShape,
  skippedShape,
} from "./answers.ts";

const tags: [string] = ["Interventions"];
const message = "/v1/tenants/{tenant}/messages/{message}";
const delivery = `${message}/deliveries/{endpoint}` as const;
const endpoint = "/v1/tenants/{tenant}/endpoints/{endpoint}";

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
  responses: { 202: answers("It is on record.", cancelledShape), ...onceRefusals("message_not_found") },
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
    202: answers("It is on record.", cancelledShape),
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

export const retryDeliveryOperation = operation({
  operationId: "retryDelivery",
  tags,
  access: "manage",
  method: "post",
  path: `${delivery}/retry`,
  summary: "Retry a delivery now",
  description:
    "Makes the next attempt now, not when the retry schedule says, and takes nothing from that schedule. An open breaker lets it through; a paused or disabled endpoint, and a rate limit, hold it back. A delivery that `deliverAt` schedules for later is refused.",
  parameters: [onceHeader],
  request: { params: deliveryPath },
  responses: {
    202: answers("It is on record.", retriedOneShape),
    ...onceRefusals("message_not_found", "delivery_not_found", "delivery_settled", "delivery_not_waiting"),
  },
});

export const dismissDeliveryOperation = operation({
  operationId: "dismissDelivery",
  tags,
  access: "manage",
  method: "post",
  path: `${delivery}/dismiss`,
  summary: "Put a dead letter away",
  description:
    "Keeps the delivery on record as `cancelled`, with the reason `dismissed`. An ordering key that it blocked goes on. A replay can still bring it back.",
  parameters: [onceHeader],
  request: { params: deliveryPath },
  responses: {
    202: answers("It is on record.", dismissedOneShape),
    ...onceRefusals("message_not_found", "delivery_not_found", "delivery_not_dead"),
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
    202: answers("It is on record.", skippedOneShape),
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
  responses: { 202: answers("It is on record.", replayedShape), ...onceRefusals("endpoint_not_found") },
});

export const retryEndpointOperation = operation({
  operationId: "retryEndpoint",
  tags,
  access: "manage",
  method: "post",
  path: `${endpoint}/retry`,
  summary: "Retry an endpoint's deliveries now",
  description:
    "Makes every delivery that waits for a retry due now, oldest first, a hundred to a second: of the first 10,000 by due time. Ordering keys keep their order. An open breaker lets one delivery through, and the others when that has succeeded. What `deliverAt` schedules for later stays scheduled.",
  parameters: [onceHeader],
  request: { params: endpointPath, body: takes(named(retryInput, "Retry"), { dryRun: true }) },
  responses: { 202: answers("It is on record.", retriedShape), ...onceRefusals("endpoint_not_found") },
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
  responses: { 202: answers("It is on record.", skippedShape), ...onceRefusals("endpoint_not_found") },
});

const deadLetters = named(deadLetterInput, "DeadLetterSelection");

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
    body: takes(deadLetters, { eventTypes: ["order.placed"], dryRun: true }),
  },
  responses: { 202: answers("It is on record.", replayedShape), ...onceRefusals() },
});

export const dismissDeadLettersOperation = operation({
  operationId: "dismissDeadLetters",
  tags,
  access: "manage",
  method: "post",
  path: "/v1/tenants/{tenant}/dead-letters/dismiss",
  summary: "Put dead letters away",
  description:
    "Puts away those that the body describes; `{}` means all of them. Count them first with `dryRun`. While `dismissed` is less than `matched`, call again.",
  parameters: [onceHeader],
  request: {
    params: tenantPath,
    body: takes(deadLetters, { endpointId: "ep_frynvjak525rczpvhfer", dryRun: true }),
  },
  responses: { 202: answers("It is on record.", dismissedShape), ...onceRefusals() },
});
