import { answers, operation, refusals } from "../operation.ts";
import { tenantPath } from "../paths.ts";
import { nowShape, statsShape } from "./answers.ts";
import { deploymentSeriesFilter, seriesFilter, statsSpan } from "./inputs.ts";
import { deploymentSeriesShape, seriesShape } from "./series-answers.ts";

export const readStatsOperation = operation({
  operationId: "readStats",
  tags: ["Stats"],
  access: "read",
  method: "get",
  path: "/v1/tenants/{tenant}/stats",
  summary: "Count a tenant's messages, deliveries and endpoints",
  description:
    "Counts a span of commits; defaults to the last 24 hours. Counting happens now, and the answer says where it stopped.",
  request: { params: tenantPath, query: statsSpan },
  responses: { 200: answers("The counts, as of now.", statsShape), ...refusals("invalid_input") },
});

export const readSeriesOperation = operation({
  operationId: "readSeries",
  tags: ["Stats"],
  access: "read",
  method: "get",
  path: "/v1/tenants/{tenant}/series",
  summary: "Read a tenant's outcomes over time",
  description:
    "Messages, deliveries, failures by class, and percentiles, by spans of 5 minutes, an hour or a day; of one endpoint with `endpointId`. A series of more than 25 hours ends with the latest summing up, which the cron does every five minutes, if more than 300 deliveries came since. Kept for two years, also of messages that are purged.",
  request: { params: tenantPath, query: seriesFilter },
  responses: { 200: answers("The points.", seriesShape), ...refusals("invalid_input") },
});

export const readDeploymentSeriesOperation = operation({
  operationId: "readDeploymentSeries",
  tags: ["Stats"],
  access: "operator",
  method: "get",
  path: "/v1/series",
  summary: "Read all tenants' outcomes over time",
  description: "As of a tenant, up to the latest summing up, which the cron does every five minutes.",
  request: { query: deploymentSeriesFilter },
  responses: { 200: answers("The points.", deploymentSeriesShape), ...refusals("invalid_input") },
});

export const readNowOperation = operation({
  operationId: "readNow",
  tags: ["Stats"],
  access: "read",
  method: "get",
  path: "/v1/tenants/{tenant}/now",
  summary: "Count a tenant's deliveries and endpoints as they are at this moment",
  description:
    "Answers the statistics of this moment, without those of a span, each counted up to 1,000: cheap enough to poll.",
  request: { params: tenantPath },
  responses: { 200: answers("The counts, as of now.", nowShape), ...refusals() },
});
