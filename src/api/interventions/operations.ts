import { onceHeader } from "../headers.ts";
import { answers, named, onceRefusals, operation, takes } from "../operation.ts";
import { deliveryPath, endpointPath, messagePath, tenantPath } from "../paths.ts";
import {
  cancelledShape,
  dismissedOneShape,
  dismissedShape,
  replayedOneShape,
  replayedShape,
  retriedOneShape,
  retriedShape,
  skippedOneShape,
  skippedShape,
} from "./answers.ts";
import { deadLetterInput, endpointReplayInput, retryInput, skipInput } from "./inputs.ts";

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
  summary: "Cancel a message's unsettled deliveries",
  description:
    "Cancels the message's unsettled deliveries, and answers their number. A delivery on its way at this moment may still arrive.",
  parameters: [onceHeader],
  request: { params: messagePath },
  responses: { 202: answers("Recorded.", cancelledShape), ...onceRefusals("message_not_found") },
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
    202: answers("Recorded.", cancelledShape),
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
  description:
    "Makes a settled delivery due again. The retry schedule starts anew; the `webhook-id` stays, and the numbers of the attempts go on.",
  parameters: [onceHeader],
  request: { params: deliveryPath },
  responses: {
    202: answers("Recorded.", replayedOneShape),
    ...onceRefusals(
      "message_not_found",
      "delivery_not_found",
      "delivery_not_settled",
      "content_wiped",
      "endpoint_not_found",
    ),
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
    "Makes the next attempt now instead of by the retry schedule, and uses up none of the schedule. An open breaker lets the attempt through; a paused or disabled endpoint, or a rate limit, holds it back. A delivery that `deliverAt` schedules for later is refused.",
  parameters: [onceHeader],
  request: { params: deliveryPath },
  responses: {
    202: answers("Recorded.", retriedOneShape),
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
    "Marks the dead delivery as `cancelled`, with the reason `dismissed`. An ordering key that the delivery blocked goes on. A replay can still bring it back.",
  parameters: [onceHeader],
  request: { params: deliveryPath },
  responses: {
    202: answers("Recorded.", dismissedOneShape),
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
    202: answers("Recorded.", skippedOneShape),
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
  description:
    "Makes settled deliveries due again, up to 10,000 per call, oldest first, a hundred per second. While some are `left`, call again with the `asOf` of the answer: deliveries that are settled later do not match.",
  parameters: [onceHeader],
  request: {
    params: endpointPath,
    body: takes(named(endpointReplayInput, "EndpointReplay"), {
      since: "2026-11-23T00:00:00Z",
      dryRun: true,
    }),
  },
  responses: { 202: answers("Recorded.", replayedShape), ...onceRefusals("endpoint_not_found") },
});

export const retryEndpointOperation = operation({
  operationId: "retryEndpoint",
  tags,
  access: "manage",
  method: "post",
  path: `${endpoint}/retry`,
  summary: "Retry an endpoint's deliveries now",
  description:
    "Makes every delivery that waits for a retry due now: up to 10,000 per call, oldest first, a hundred per second. Ordering keys keep their order. An open breaker lets one delivery through, and the others once it has succeeded; those that are due already, and that it holds back, are not counted. A delivery that `deliverAt` schedules for later stays scheduled.",
  parameters: [onceHeader],
  request: { params: endpointPath, body: takes(named(retryInput, "Retry"), { dryRun: true }) },
  responses: { 202: answers("Recorded.", retriedShape), ...onceRefusals("endpoint_not_found") },
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
  responses: { 202: answers("Recorded.", skippedShape), ...onceRefusals("endpoint_not_found") },
});

const deadLetters = named(deadLetterInput, "DeadLetterSelection");

export const replayDeadLettersOperation = operation({
  operationId: "replayDeadLetters",
  tags,
  access: "manage",
  method: "post",
  path: "/v1/tenants/{tenant}/dead-letters/replay",
  summary: "Try the dead letters again",
  description:
    "Makes the dead letters that the body describes due again, up to 10,000 per call; `{}` describes all of them. Count them first with `dryRun`. While some are `left`, call again with the `asOf` of the answer: deliveries that die later do not match.",
  parameters: [onceHeader],
  request: {
    params: tenantPath,
    body: takes(deadLetters, { eventTypes: ["order.placed"], dryRun: true }),
  },
  responses: { 202: answers("Recorded.", replayedShape), ...onceRefusals() },
});

export const dismissDeadLettersOperation = operation({
  operationId: "dismissDeadLetters",
  tags,
  access: "manage",
  method: "post",
  path: "/v1/tenants/{tenant}/dead-letters/dismiss",
  summary: "Put dead letters away",
  description:
    "Puts away the dead letters that the body describes, up to 10,000 per call; `{}` describes all of them. Count them first with `dryRun`. While some are `left`, call again with the `asOf` of the answer: deliveries that die later do not match.",
  parameters: [onceHeader],
  request: {
    params: tenantPath,
    body: takes(deadLetters, { endpointId: "ep_frynvjak525rczpvhfer", dryRun: true }),
  },
  responses: { 202: answers("Recorded.", dismissedShape), ...onceRefusals() },
});
