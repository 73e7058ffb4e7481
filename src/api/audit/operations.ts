import { answers, operation, refusals } from "../operation.ts";
import { pageQuery, pageShape } from "../page.ts";
import { tenantPath } from "../paths.ts";
import { auditShape } from "./answers.ts";
import { auditFilter, auditOfAllFilter } from "./inputs.ts";

const tags: [string] = ["Audit"];
const auditPage = pageShape(auditShape);
const description =
  "Every administrative write makes an entry in its own transaction: changes of tenants, tokens, endpoints and event types, and interventions. Entries are kept as long as dead letters.";

export const listAuditOperation = operation({
  operationId: "listAudit",
  tags,
  access: "manage",
  method: "get",
  path: "/v1/tenants/{tenant}/audit",
  summary: "List the administrative writes of a tenant, newest first",
  description,
  request: { params: tenantPath, query: auditFilter.extend(pageQuery.shape) },
  responses: { 200: answers("A page of entries.", auditPage), ...refusals("invalid_input") },
});

export const listAuditOfAllOperation = operation({
  operationId: "listAuditOfAll",
  tags,
  access: "operator",
  method: "get",
  path: "/v1/audit",
  summary: "List the administrative writes of all tenants, newest first",
  description: `${description} Includes entries of deleted tenants.`,
  request: {
    query: auditOfAllFilter.extend(pageQuery.shape),
  },
  responses: { 200: answers("A page of entries.", auditPage), ...refusals("invalid_input") },
});
