import { z } from "zod";
import type { Database } from "../db/database.ts";
import { readOfTenant } from "../db/live-tenant.ts";
import { pageOf } from "../db/look-through.ts";
import type { RowOf } from "../db/row.ts";
import type { audit } from "../db/schema.ts";
import { type AuditSubject, CALLERS } from "../domain/audit.ts";
import { instantInput } from "../domain/instant.ts";
import type { Page } from "../domain/page.ts";
import { wellFormed } from "../platform/fields.ts";
import { limits } from "../platform/limits.ts";
import type { Role } from "../platform/roles.ts";
import { type AuditCursor, type AuditQuery, selectAuditPage } from "./audit-statements.ts";

export const auditFilter = z.strictObject({
  operation: wellFormed(z.string().min(1).max(limits.eventTypeLength))
    .optional()
    .describe("Of this operation, by its `operationId`."),
  caller: z.enum(CALLERS).optional().describe("Of callers of this kind."),
  callerId: wellFormed(z.string().min(1).max(limits.callerIdLength))
    .optional()
    .describe("Of this operator, by its name, or of this token, by its id. Tenants find tokens alone."),
  since: instantInput.optional().describe("Made at this instant or later."),
  until: instantInput.optional().describe("Made before this instant."),
});

export const auditOfAllFilter = auditFilter.extend({
  tenantId: wellFormed(z.string().min(1).max(64)).optional().describe("Of this tenant."),
});

/** An administrative write, as it is on record. */
export interface AuditTrace {
  id: string;
  at: number;
  tenantId: string;
  operation: string;
  caller: (typeof CALLERS)[number];
  /** An operator's name, or a token's id. */
  callerId: string | null;
  role: Role | null;
  subject: AuditSubject;
  /** How many tenants, tokens, endpoints, event types or deliveries it has changed. */
  affected: number;
  address: string | null;
  requestId: string | null;
}

interface Row extends RowOf<typeof audit> {
  found: number;
}

/**
 * A page of a tenant's audit entries, newest first; it looks at 100 entries for each that it may show, and may show fewer than
 * `limit`, or none. Only a page whose `next` is null is the last.
 * @throws {OutboxError} `tenant_not_found`
 */
export async function listAudit(
  db: Database,
  tenantId: string,
  page: Omit<AuditQuery, "tenantId">,
): Promise<Page<AuditTrace, AuditCursor>> {
  const rows = await readOfTenant<Row>(db, tenantId, selectAuditPage(db, { ...page, tenantId }));
  return describePage(rows, page.limit);
}

/** A page of the audit entries of all tenants, or of one, which may have been deleted. */
export async function listAuditOfAll(db: Database, page: AuditQuery): Promise<Page<AuditTrace, AuditCursor>> {
  const { results } = await selectAuditPage(db, page).all<Row>();
  return describePage(results, page.limit);
}

function describePage(rows: readonly Row[], limit: number) {
  const { shown, last } = pageOf(rows, limit);
  return { entries: shown.map(describe), next: last && { at: last.at, id: last.id } };
}

function describe({ id, at, operation, caller, role, affected, address, ...row }: Row): AuditTrace {
  return {
    id,
    at,
    tenantId: row.tenant_id,
    operation,
    caller,
    callerId: row.caller_id,
    role,
    subject: JSON.parse(row.subject),
    affected,
    address,
    requestId: row.request_id,
  };
}
