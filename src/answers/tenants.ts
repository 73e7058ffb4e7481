import type { Database } from "../db/database.ts";
import type { TenantState } from "../domain/states.ts";
import type { TenantPageRequest } from "../registry/list-statements.ts";
import { listTenants } from "../registry/list-tenants.ts";
import type { Tenant } from "../registry/tenants.ts";
import { type Asked, answerPage, createdCursor } from "./page.ts";
import { toIso } from "./to-iso.ts";

type Shown = Pick<Tenant, "id" | "name" | "state" | "quota" | "notifyEmail" | "senders" | "createdAt">;

export function presentTenant(tenant: Shown) {
  const { id, name, quota, notifyEmail, senders, createdAt } = tenant;
  // A deleted tenant or endpoint is never found.
  const state = tenant.state as Exclude<TenantState, "deleted">;
  return { id, name, state, quota, notifyEmail, senders, createdAt: toIso(createdAt) };
}

export function tenantsPage(db: Database, query: Asked<TenantPageRequest>) {
  return answerPage(query, {
    cursor: createdCursor,
    read: (page) => listTenants(db, page),
    present: presentTenant,
  });
}
