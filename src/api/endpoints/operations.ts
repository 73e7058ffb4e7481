import { z } from "@hono/zod-openapi";
import { endpointChange, endpointFilter, endpointInput, rotateInput } from "../../registry/endpoint-input.ts";
import { onceHeader, versionHeader } from "../headers.ts";
import { committedShape } from "../messages/answers.ts";
import {
  answers,
  bodyRefusals,
  mayTake,
  named,
  onceRefusals,
  operation,
  refusals,
  takes,
} from "../operation.ts";
import { pageOf, pageQuery } from "../page.ts";
import { endpointPath, tenantPath } from "../paths.ts";
import { endpointShape, endpointWithSecretShape } from "./answers.ts";

const tags: [string] = ["Endpoints"];
const path = "/v1/tenants/{tenant}/endpoints";
const one = `${path}/{endpoint}` as const;

const etag = z.object({
  etag: z
    .string()
    .openapi({ description: "The version of what can be set, and of `state`.", example: '"3"' }),
});
const tagged = <A extends object>(answer: A) => ({ ...answer, headers: etag });

export const createEndpointOperation = operation({
  operationId: "createEndpoint",
  tags,
  access: "manage",
  method: "post",
  path,
  summary: "Create an endpoint",
  description: "A webhook's `secret` is shown in this answer, and never again.",
  parameters: [onceHeader],
  request: {
    params: tenantPath,
    body: takes(named(endpointInput, "NewEndpoint"), {
      channel: "webhook",
      url: "https://example.com/webhooks",
      eventTypes: ["order.placed"],
    }),
  },
  responses: {
    201: tagged(answers("It was made.", endpointWithSecretShape)),
    ...onceRefusals("endpoint_limit_reached", "secret_keys_missing"),
  },
});

export const listEndpointsOperation = operation({
  operationId: "listEndpoints",
  tags,
  access: "read",
  method: "get",
  path,
  summary: "List the endpoints, newest first",
  description: "Without the built-in ones.",
  request: {
    params: tenantPath,
    query: endpointFilter.extend(pageQuery.shape),
  },
  responses: { 200: answers("A page.", pageOf(endpointShape)), ...refusals("invalid_input") },
});

export const readEndpointOperation = operation({
  operationId: "readEndpoint",
  tags,
  access: "read",
  method: "get",
  path: one,
  summary: "Read an endpoint",
  request: { params: endpointPath },
  responses: { 200: tagged(answers("The endpoint.", endpointShape)), ...refusals("endpoint_not_found") },
});

export const updateEndpointOperation = operation({
  operationId: "updateEndpoint",
  tags,
  access: "manage",
  method: "patch",
  path: one,
  summary: "Change an endpoint",
  description:
    "null takes an option back to its default. It concerns what is sent from then on, waiting deliveries included; `eventTypes` concern new messages only.",
  parameters: [versionHeader],
  request: {
    params: endpointPath,
    body: takes(named(endpointChange, "EndpointChange"), { description: "The warehouse", rateLimit: 10 }),
  },
  responses: {
    200: tagged(answers("The endpoint.", endpointWithSecretShape)),
    ...bodyRefusals("endpoint_not_found", "version_conflict", "secret_keys_missing"),
  },
});

export const deleteEndpointOperation = operation({
  operationId: "deleteEndpoint",
  tags,
  access: "manage",
  method: "delete",
  path: one,
  summary: "Delete an endpoint",
  description: "What was not delivered yet is cancelled.",
  parameters: [versionHeader],
  request: { params: endpointPath },
  responses: {
    204: { description: "It is deleted." },
    ...bodyRefusals("endpoint_not_found", "version_conflict"),
  },
});

export const rotateSecretOperation = operation({
  operationId: "rotateSecret",
  tags,
  access: "manage",
  method: "post",
  path: `${one}/secret/rotate`,
  summary: "Give a webhook a new secret",
  description:
    "The one before signs beside it for `overlapSeconds`, so that the receiver can change over. The new one is shown in this answer, and never again.",
  parameters: [onceHeader],
  request: {
    params: endpointPath,
    body: mayTake(named(rotateInput, "Rotation"), { overlapSeconds: 86400 }),
  },
  responses: {
    200: tagged(answers("The endpoint, with its new secret.", endpointWithSecretShape)),
    ...onceRefusals("endpoint_not_found", "secret_keys_missing"),
  },
});

export const testEndpointOperation = operation({
  operationId: "testEndpoint",
  tags,
  access: "manage",
  method: "post",
  path: `${one}/test`,
  summary: "Send a test message to an endpoint",
  description:
    "Commits a message of the type `endpoint.test` to this endpoint alone; its payload is `{ endpointId }`. Built-in endpoints are refused.",
  parameters: [onceHeader],
  request: { params: endpointPath },
  responses: {
    202: answers("It was committed.", committedShape),
    ...bodyRefusals(
      "endpoint_not_found",
      "idempotency_conflict",
      "quota_exceeded",
      "payload_too_large",
      "outcome_unknown",
    ),
  },
});

/** What takes nothing and answers the endpoint. */
const step = <const P extends string, const I extends string>(
  name: P,
  operationId: I,
  summary: string,
  description: string,
) =>
  operation({
    operationId,
    tags,
    access: "manage",
    method: "post",
    path: `${one}/${name}` as `${typeof one}/${P}`,
    summary,
    description,
    parameters: [onceHeader],
    request: { params: endpointPath },
    responses: {
      200: tagged(answers("The endpoint.", endpointShape)),
      ...onceRefusals("endpoint_not_found", "endpoint_disabled"),
    },
  });

export const enableEndpointOperation = step(
  "enable",
  "enableEndpoint",
  "Enable an endpoint",
  "What waited for it is due at once, and its failures are forgotten.",
);
export const disableEndpointOperation = step(
  "disable",
  "disableEndpoint",
  "Disable an endpoint",
  "Nothing is sent, and messages that come meanwhile do not concern it unless they name it. What is there waits.",
);
export const pauseEndpointOperation = step(
  "pause",
  "pauseEndpoint",
  "Pause an endpoint",
  "Nothing is sent, and messages that come meanwhile wait with the rest.",
);
export const resumeEndpointOperation = step(
  "resume",
  "resumeEndpoint",
  "Resume an endpoint",
  "What waited goes out, in the order of its keys.",
);
