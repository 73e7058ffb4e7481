import { z } from "@hono/zod-openapi";
import { answers, operation, refusals } from "../operation.ts";
import { pageQuery, pageShape } from "../page.ts";
import {
  deadLetterGroupsOfAllShape,
  deadLetterOfTenantShape,
  failingEndpointShape,
  overviewShape,
  searchShape,
  troublesShape,
} from "./answers.ts";
import { deploymentShape } from "./deployment-answers.ts";
import { searchFilter } from "./inputs.ts";

/** Operations of the operator about all tenants at once. */
const ofDeployment = { tags: ["Deployment"] as [string], access: "operator", method: "get" } as const;

export const readDeploymentOperation = operation({
  ...ofDeployment,
  operationId: "readDeployment",
  path: "/v1/deployment",
  summary: "Read the version, the settings in force and the state of the cron",
  description:
    "Tells how the deployment is set up: settings with their defaults, names of operators and keys, and the limits that callers meet. The value of a secret is never told, only whether it is set.",
  request: { query: z.strictObject({}) },
  responses: {
    200: answers("The deployment, as it is set up.", deploymentShape),
    ...refusals("invalid_input"),
  },
});

export const readOverviewOperation = operation({
  ...ofDeployment,
  operationId: "readOverview",
  path: "/v1/overview",
  summary: "Count the tenants, and what needs a person",
  description:
    "Counts happen when you ask, each up to a limit. Late tenants, the cron and the storage are as of the cron's latest run, as in `GET /health`.",
  request: { query: z.strictObject({}) },
  responses: { 200: answers("Counts of all tenants.", overviewShape), ...refusals("invalid_input") },
});

export const listTroublesOperation = operation({
  ...ofDeployment,
  operationId: "listTroubles",
  path: "/v1/troubles",
  summary: "List the tenants that need a person, the worst first",
  description:
    "Lists at most 100 tenants with late deliveries, blocked keys, failing or disabled endpoints, or dead letters, in this order of severity, and what is wrong with each. Where there are more, the worst are shown.",
  request: { query: z.strictObject({}) },
  responses: { 200: answers("Tenants with trouble.", troublesShape), ...refusals("invalid_input") },
});

export const listDeadLettersOfAllOperation = operation({
  ...ofDeployment,
  operationId: "listDeadLettersOfAll",
  path: "/v1/dead-letters",
  summary: "List the dead letters of all tenants",
  description:
    "Lists them by tenant, in descending order of the tenants' ids, and of each tenant the newest first. A page reads only dead letters.",
  request: { query: pageQuery.strict() },
  responses: {
    200: answers("A page of entries.", pageShape(deadLetterOfTenantShape)),
    ...refusals("invalid_input"),
  },
});

export const groupDeadLettersOfAllOperation = operation({
  ...ofDeployment,
  operationId: "groupDeadLettersOfAll",
  path: "/v1/dead-letters/groups",
  summary: "Group the dead letters of all tenants that died alike",
  description:
    "Groups the next 3,000 dead letters of `GET /v1/dead-letters` by tenant, endpoint, reason, error and status. A group may go on on the next page.",
  request: { query: pageQuery.pick({ cursor: true }).strict() },
  responses: { 200: answers("Groups.", deadLetterGroupsOfAllShape), ...refusals("invalid_input") },
});

export const listFailingEndpointsOperation = operation({
  ...ofDeployment,
  operationId: "listFailingEndpoints",
  path: "/v1/endpoints/failing",
  summary: "List the failing endpoints of all tenants",
  description:
    "Lists endpoints that were disabled because they failed or answered 410, and enabled ones whose latest attempt failed or whose breaker is open; each by tenant and id. An endpoint that a person has paused or disabled is not listed.",
  request: { query: pageQuery.strict() },
  responses: {
    200: answers("A page of entries.", pageShape(failingEndpointShape)),
    ...refusals("invalid_input"),
  },
});

export const searchDeploymentOperation = operation({
  ...ofDeployment,
  operationId: "searchDeployment",
  path: "/v1/search",
  summary: "Search for anything by a text",
  description:
    "Finds messages, endpoints and tokens by id, tenants by id or name, messages by idempotency key, ordering key or payload, and unsettled or blocking deliveries by ordering key. The text decides what is searched. Ordering keys of all messages, and payloads, are searched only with `tenant`: the newest 1,000 messages, and further back by `cursor`. Of all tenants, 10,000 are looked at.",
  request: { query: searchFilter.extend(pageQuery.pick({ cursor: true }).shape) },
  responses: { 200: answers("Findings.", searchShape), ...refusals("invalid_input") },
});
