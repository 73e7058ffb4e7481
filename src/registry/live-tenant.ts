import { and, eq, ne, sql } from "drizzle-orm";
import { type Database, queryBuilder } from "../db/database.ts";
import { LIVE_TENANT } from "../db/live-tenant.ts";
import { tenants } from "../db/schema.ts";

/** Condition of a statement on `outbox_tenants`. */
export function isLive(tenantId: string) {
  return and(eq(tenants.id, tenantId), ne(tenants.state, "deleted"));
}

/** The tenant's id, for a column that refuses NULL: the id of an unknown or deleted tenant is NULL. */
export function liveTenant(tenantId: string) {
  return sql<string>`(SELECT id FROM ${sql.raw(LIVE_TENANT)} ${tenantId})`;
}

/** Returns a row for an existing tenant: for `requireTenant`, in the batch of a read. */
export function selectTenant(db: Database, tenantId: string) {
  return queryBuilder(db).select({ id: tenants.id }).from(tenants).where(isLive(tenantId));
}
