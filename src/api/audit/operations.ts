import { auditFilter, auditOfAllFilter } from "../../trace/audit.ts";
import { answers, operation, refusals } from "../operation.ts";
import { pageOf, pageQuery } from "../page.ts";
import { tenantPath } from "../paths.ts";
import { auditShape } from "./answers.ts";

const tags: [string] = ["Audit"];
const auditPage = pageOf(auditShape);
const description =
  "Every administrative write has an entry, made in the same transaction: changes of tenants, tokens, endpoints and event types, and interventions. Kept as long as dead letters.";

export const listAuditOperation = operation({
  operationId: "listAudit",
  tags,
  access: "manage",
  method: "get",
  path: "/v1/tenants/{tenant}/audit",
  summary: "List who has changed what of a tenant, newest first",
  description,
  request: { params: tenantPath, query: auditFilter.extend(pageQuery.shape) },
  responses: { 200: answers("A page.", auditPage), ...refusals("invalid_input") },
});

export const listAuditOfAllOperation = operation({
  operationId: "listAuditOfAll",
  tags,
  access: "operator",
  method: "get",
  path: "/v1/audit",
  summary: "List who has changed what of any tenant, newest first",
  description: `${description} Those of deleted tenants too.`,
  request: {
    query: auditOfAllFilter.extend(pageQuery.shape),
  },
  responses: { 200: answers("A page.", auditPage), ...refusals("invalid_input") },
});
