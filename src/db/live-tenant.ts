import { OutboxError } from "../platform/errors.ts";
import { type Database, readRows, type Statement } from "./database.ts";

/** SQL, followed by an id: the tenant, unless it is deleted. */
export const LIVE_TENANT = "outbox_tenants WHERE state <> 'deleted' AND id =";

/**
 * Refuses a read whose tenant was not found.
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
  const tenant = db.prepare(`SELECT id FROM ${LIVE_TENANT} ?1`).bind(tenantId);
  const [tenants, found] = await readRows<[unknown, Row]>(db, [tenant, rows]);
  requireTenant(tenants, tenantId);
  return found;
}
