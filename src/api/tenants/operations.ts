import { onceHeader } from "../headers.ts";
import { answers, bodyRefusals, named, onceRefusals, operation, refusals, takes } from "../operation.ts";
import { pageQuery, pageShape } from "../page.ts";
import { tenantPath } from "../paths.ts";
import { tenantShape } from "./answers.ts";
import { tenantChange, tenantFilter, tenantInput } from "./inputs.ts";

const tags: [string] = ["Tenants"];
const path = "/v1/tenants/{tenant}";

export const createTenantOperation = operation({
  operationId: "createTenant",
  tags,
  access: "operator",
  method: "post",
  path: "/v1/tenants",
  summary: "Create a tenant",
  description:
    "Creates a tenant under an id of your choice, with the built-in endpoint `ep_email` for direct e-mails. A tenant that exists stays unchanged, name included, and is answered with 200.",
  request: { body: takes(named(tenantInput, "NewTenant"), { id: "acme", name: "Acme Inc." }) },
  responses: {
    200: answers("The tenant existed already, and is unchanged.", tenantShape),
    201: answers("Created.", tenantShape),
    ...bodyRefusals("tenant_deleted"),
  },
});

export const listTenantsOperation = operation({
  operationId: "listTenants",
  tags,
  access: "operator",
  method: "get",
  path: "/v1/tenants",
  summary: "List the tenants, newest first",
  request: { query: tenantFilter.extend(pageQuery.shape) },
  responses: { 200: answers("A page of entries.", pageShape(tenantShape)), ...refusals("invalid_input") },
});

export const readTenantOperation = operation({
  operationId: "readTenant",
  tags,
  access: "read",
  method: "get",
  path,
  summary: "Read a tenant",
  request: { params: tenantPath },
  responses: { 200: answers("The tenant, as it now is.", tenantShape), ...refusals() },
});

export const updateTenantOperation = operation({
  operationId: "updateTenant",
  tags,
  access: "operator",
  method: "patch",
  path,
  summary: "Change a tenant",
  request: { params: tenantPath, body: takes(named(tenantChange, "TenantChange"), { name: "Acme Ltd." }) },
  responses: { 200: answers("The tenant, as it now is.", tenantShape), ...bodyRefusals() },
});

export const deleteTenantOperation = operation({
  operationId: "deleteTenant",
  tags,
  access: "operator",
  method: "delete",
  path,
  summary: "Delete a tenant",
  description:
    "Ends the tenant: commits for it are refused, its tokens are revoked, and its unsettled deliveries are cancelled. The rows stay, and the id is not given out again.",
  request: { params: tenantPath },
  responses: { 204: { description: "Deleted." }, ...bodyRefusals() },
});

export const pauseTenantOperation = operation({
  operationId: "pauseTenant",
  tags,
  access: "operator",
  method: "post",
  path: `${path}/pause`,
  summary: "Pause a tenant",
  description:
    "Stops sending to the tenant's endpoints. Commits are still accepted, and their deliveries wait.",
  parameters: [onceHeader],
  request: { params: tenantPath },
  responses: { 200: answers("The tenant, as it now is.", tenantShape), ...onceRefusals() },
});

export const resumeTenantOperation = operation({
  operationId: "resumeTenant",
  tags,
  access: "operator",
  method: "post",
  path: `${path}/resume`,
  summary: "Resume a tenant",
  description: "Sends the tenant's due deliveries. Endpoints keep their own states.",
  parameters: [onceHeader],
  request: { params: tenantPath },
  responses: { 200: answers("The tenant, as it now is.", tenantShape), ...onceRefusals() },
});
