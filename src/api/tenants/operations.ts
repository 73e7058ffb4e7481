import { tenantFilter } from "../../registry/list-tenants.ts";
import { tenantChange, tenantInput } from "../../registry/tenants.ts";
import { onceHeader } from "../headers.ts";
import { answers, bodyRefusals, named, onceRefusals, operation, refusals, takes } from "../operation.ts";
import { pageOf, pageQuery } from "../page.ts";
import { tenantPath } from "../paths.ts";
import { tenantShape } from "./answers.ts";

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
    "Its id is yours to choose. A tenant that is there already stays as it is, name included: 200. Each has a built-in endpoint for direct e-mails, `ep_email`.",
  request: { body: takes(named(tenantInput, "NewTenant"), { id: "acme", name: "Acme Inc." }) },
  responses: {
    200: answers("It was there already.", tenantShape),
    201: answers("It was made.", tenantShape),
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
  responses: { 200: answers("A page.", pageOf(tenantShape)), ...refusals("invalid_input") },
});

export const readTenantOperation = operation({
  operationId: "readTenant",
  tags,
  access: "read",
  method: "get",
  path,
  summary: "Read a tenant",
  request: { params: tenantPath },
  responses: { 200: answers("The tenant.", tenantShape), ...refusals() },
});

export const updateTenantOperation = operation({
  operationId: "updateTenant",
  tags,
  access: "operator",
  method: "patch",
  path,
  summary: "Rename a tenant",
  request: { params: tenantPath, body: takes(named(tenantChange, "TenantChange"), { name: "Acme Ltd." }) },
  responses: { 200: answers("The tenant.", tenantShape), ...bodyRefusals() },
});

export const deleteTenantOperation = operation({
  operationId: "deleteTenant",
  tags,
  access: "operator",
  method: "delete",
  path,
  summary: "Delete a tenant",
  description:
    "Nothing more is accepted for it, its tokens end, and what was not delivered yet is cancelled. The rows stay; the id is not given out again.",
  request: { params: tenantPath },
  responses: { 204: { description: "It is deleted." }, ...bodyRefusals() },
});

export const pauseTenantOperation = operation({
  operationId: "pauseTenant",
  tags,
  access: "operator",
  method: "post",
  path: `${path}/pause`,
  summary: "Pause a tenant",
  description: "Commits are accepted, and nothing is sent.",
  parameters: [onceHeader],
  request: { params: tenantPath },
  responses: { 200: answers("The tenant.", tenantShape), ...onceRefusals() },
});

export const resumeTenantOperation = operation({
  operationId: "resumeTenant",
  tags,
  access: "operator",
  method: "post",
  path: `${path}/resume`,
  summary: "Resume a tenant",
  description: "What is due goes out. Endpoints have kept their own states.",
  parameters: [onceHeader],
  request: { params: tenantPath },
  responses: { 200: answers("The tenant.", tenantShape), ...onceRefusals() },
});
