import { z } from "@hono/zod-openapi";
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
import { pageQuery, pageShape } from "../page.ts";
import { endpointPath, tenantPath } from "../paths.ts";
import { booleanWord } from "../query.ts";
import { endpointShape, endpointWithSecretShape, listedEndpointShape } from "./answers.ts";
import { endpointHealthShape } from "./health-answers.ts";
import { endpointChange, endpointFilter, endpointInput, rotateInput } from "./inputs.ts";

const tags: [string] = ["Endpoints"];
const path = "/v1/tenants/{tenant}/endpoints";
const one = `${path}/{endpoint}` as const;

const etag = z.object({
  etag: z
    .string()
    .openapi({ description: "Version of the endpoint's settings and of its `state`.", example: '"3"' }),
});
const tagged = <A extends object>(answer: A) => ({ ...answer, headers: etag });

const builtIn = booleanWord
  .default("false")
  .openapi({ description: "True: the built-in endpoints, instead of those that somebody made." });
const withHealth = z
  .enum(["health"])
  .optional()
  .openapi({ description: "`health`: adds the health of each endpoint." });

export const createEndpointOperation = operation({
  operationId: "createEndpoint",
  tags,
  access: "manage",
  method: "post",
  path,
  summary: "Create an endpoint",
  description: "Creates an endpoint. A webhook's `secret` is shown in this answer only.",
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
    201: tagged(answers("Created.", endpointWithSecretShape)),
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
  description:
    "Lists the endpoints that somebody made or, with `builtIn=true`, the built-in ones. `with=health` adds the health of each; a page has 25 entries then, at most.",
  request: {
    params: tenantPath,
    query: endpointFilter.extend({ ...pageQuery.shape, builtIn, with: withHealth }),
  },
  responses: {
    200: answers("A page of entries.", pageShape(listedEndpointShape)),
    ...refusals("invalid_input"),
  },
});

export const readEndpointOperation = operation({
  operationId: "readEndpoint",
  tags,
  access: "read",
  method: "get",
  path: one,
  summary: "Read an endpoint",
  request: { params: endpointPath },
  responses: {
    200: tagged(answers("The endpoint, as it now is.", endpointShape)),
    ...refusals("endpoint_not_found"),
  },
});

export const updateEndpointOperation = operation({
  operationId: "updateEndpoint",
  tags,
  access: "manage",
  method: "patch",
  path: one,
  summary: "Change an endpoint",
  description:
    "Changes the given fields; null resets one to its default. The change applies to every delivery sent from now on, waiting ones included; `eventTypes` apply to new messages only.",
  parameters: [versionHeader],
  request: {
    params: endpointPath,
    body: takes(named(endpointChange, "EndpointChange"), { description: "The warehouse", rateLimit: 10 }),
  },
  responses: {
    200: tagged(answers("The endpoint, as it now is.", endpointWithSecretShape)),
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
  description: "Deletes the endpoint and cancels its unsettled deliveries.",
  parameters: [versionHeader],
  request: { params: endpointPath },
  responses: {
    204: { description: "Deleted." },
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
    "Makes a new signing secret and shows it in this answer only. The previous secret signs beside it for `overlapSeconds`, so that the receiver can change over.",
  parameters: [onceHeader],
  request: {
    params: endpointPath,
    body: mayTake(named(rotateInput, "Rotation"), { overlapSeconds: 86400 }),
  },
  responses: {
    200: tagged(answers("The endpoint with its new secret.", endpointWithSecretShape)),
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
    "Commits a message of the type `endpoint.test` to this endpoint alone, with the payload `{ endpointId }`. Built-in endpoints are refused.",
  parameters: [onceHeader],
  request: { params: endpointPath },
  responses: {
    202: answers("Committed.", committedShape),
    ...bodyRefusals(
      "endpoint_not_found",
      "idempotency_conflict",
      "quota_exceeded",
      "payload_too_large",
      "outcome_unknown",
    ),
  },
});

/** An operation without a body that answers the endpoint. */
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
      200: tagged(answers("The endpoint, as it now is.", endpointShape)),
      ...onceRefusals("endpoint_not_found", "endpoint_disabled"),
    },
  });

export const enableEndpointOperation = step(
  "enable",
  "enableEndpoint",
  "Enable an endpoint",
  "Enables the endpoint, makes its waiting deliveries due at once, and forgets its failures.",
);
export const disableEndpointOperation = step(
  "disable",
  "disableEndpoint",
  "Disable an endpoint",
  "Stops sending to the endpoint. New messages make deliveries to it only if they name it; its unsettled deliveries wait.",
);
export const pauseEndpointOperation = step(
  "pause",
  "pauseEndpoint",
  "Pause an endpoint",
  "Stops sending to the endpoint. New messages still make deliveries to it, which wait.",
);
export const resumeEndpointOperation = step(
  "resume",
  "resumeEndpoint",
  "Resume an endpoint",
  "Sends the endpoint's waiting deliveries, in the order of their keys.",
);

export const readEndpointHealthOperation = operation({
  operationId: "readEndpointHealth",
  tags,
  access: "read",
  method: "get",
  path: `${one}/health`,
  summary: "Read how an endpoint does",
  description:
    "Its breaker, its run of failures, what waits for it, and its outcomes of the last hour and day.",
  request: { params: endpointPath },
  responses: { 200: answers("As of now.", endpointHealthShape), ...refusals("endpoint_not_found") },
});
