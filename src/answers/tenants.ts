import type { Database } from "../db/database.ts";
import type { TenantState } from "../domain/states.ts";
import type { TenantPageRequest } from "../registry/list-statements.ts";
import { listTenants } from "../registry/list-tenants.ts";
import type { Tenant } from "../registry/tenants.ts";
import { type Asked, answerPage, createdCursor } from "./page.ts";
import { toIso } from "./to-iso.ts";

export function presentTenant(tenant: Pick<Tenant, "id" | "name" | "state" | "createdAt" | "quota">) {
  const { id, name, quota, createdAt } = tenant;
  // A deleted tenant or endpoint is never found.
  const state = tenant.state as Exclude<TenantState, "deleted">;
  return { id, name, state, quota, createdAt: toIso(createdAt) };
}

export function tenantsPage(db: Database, query: Asked<TenantPageRequest>) {
  return answerPage(query, {
    cursor: createdCursor,
    read: (page) => listTenants(db, page),
    present: presentTenant,
  });
}
