import { OutboxError } from "../platform/errors.ts";
import type { Database, Statement } from "./database.ts";

/** SQL, to be followed by an id: the tenant, unless it is deleted. */
export const LIVE_TENANT = "outbox_tenants WHERE state <> 'deleted' AND id =";

/** Answers a row for a tenant that is there: for `requireTenant`, in the batch of a read. */
export function selectTenant(db: Database, tenantId: string): Statement {
  return db.prepare(`SELECT id FROM ${LIVE_TENANT} ?1`).bind(tenantId);
}

/**
 * Lets a read pass whose tenant was found.
 * @throws {OutboxError} `tenant_not_found`
 */
export function requireTenant(found: readonly unknown[] | undefined, tenantId: string): void {
  if (!found || found.length === 0) throw new OutboxError({ code: "tenant_not_found", tenantId });
}

/**
 * Reads rows that belong to a tenant.
 * @throws {OutboxError} `tenant_not_found`
 */
export async function readOfTenant<Row>(db: Database, tenantId: string, rows: Statement): Promise<Row[]> {
  const [tenants, found] = await db.batch([selectTenant(db, tenantId), rows]);
  requireTenant(tenants?.results, tenantId);
  return (found?.results ?? []) as Row[];
}
