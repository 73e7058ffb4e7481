import { statsSpan } from "../../trace/filters.ts";
import { answers, operation, refusals } from "../operation.ts";
import { tenantPath } from "../paths.ts";
import { statsShape } from "./answers.ts";

export const readStatsOperation = operation({
  operationId: "readStats",
  tags: ["Stats"],
  access: "read",
  method: "get",
  path: "/v1/tenants/{tenant}/stats",
  summary: "Count what a tenant's outbox does and has done",
  description: "Of the last 24 hours, unless a span is given. It is counted now, and says where it stopped.",
  request: { params: tenantPath, query: statsSpan },
  responses: { 200: answers("The counts.", statsShape), ...refusals("invalid_input") },
});
