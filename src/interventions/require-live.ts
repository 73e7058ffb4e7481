import type { Database } from "../db/database.ts";
import { OutboxError } from "../platform/errors.ts";
import { selectLive } from "./statements.ts";

/** @throws {OutboxError} `tenant_not_found` */
export async function requireTenant({ db }: { db: Database }, tenantId: string): Promise<void> {
  await find(db, tenantId, null);
}

/** @throws {OutboxError} `tenant_not_found`, `endpoint_not_found` */
export async function requireEndpoint(
  { db }: { db: Database },
  tenantId: string,
  endpointId: string,
): Promise<void> {
  const { endpoint } = await find(db, tenantId, endpointId);
  if (endpoint === null) throw new OutboxError({ code: "endpoint_not_found", endpointId });
}

async function find(db: Database, tenantId: string, endpointId: string | null) {
  const found = await selectLive(db, tenantId, endpointId).first<{ endpoint: string | null }>();
  if (!found) throw new OutboxError({ code: "tenant_not_found", tenantId });
  return found;
}
