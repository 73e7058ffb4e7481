import { answers, operation, refusals } from "../operation.ts";
import { pageQuery, pageShape } from "../page.ts";
import { tenantPath } from "../paths.ts";
import { statusOf } from "../query.ts";
import { failureGroupsShape, failureShape } from "./answers.ts";
import { failureFilter, failureGroupFilter } from "./inputs.ts";

const path = "/v1/tenants/{tenant}/failures";
const tags: [string] = ["Failures"];

const query = failureFilter.extend({ ...pageQuery.shape, ...statusOf(failureFilter.shape) });

export const listFailuresOperation = operation({
  operationId: "listFailures",
  tags,
  access: "read",
  method: "get",
  path,
  summary: "List the attempts that failed, newest first",
  description:
    "Lists attempts with the outcome `retry` or `dead`, by the instant at which they began. An attempt is on record when it has ended.",
  request: { params: tenantPath, query },
  responses: { 200: answers("A page of entries.", pageShape(failureShape)), ...refusals("invalid_input") },
});

export const groupFailuresOperation = operation({
  operationId: "groupFailures",
  tags,
  access: "read",
  method: "get",
  path: `${path}/groups`,
  summary: "Group the attempts that failed alike",
  description:
    "Groups the attempts that failed by endpoint, error and status; defaults to those of the last 24 hours.",
  request: { params: tenantPath, query: failureGroupFilter },
  responses: { 200: answers("Groups.", failureGroupsShape), ...refusals("invalid_input") },
});
