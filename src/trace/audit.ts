import * as z from "zod";
import type { Database } from "../db/database.ts";
import { readOfTenant } from "../db/live-tenant.ts";
import { pageOfFound } from "../db/look-through.ts";
import type { RowOf } from "../db/row.ts";
import type { audit } from "../db/schema.ts";
import { type AuditSubject, CALLERS } from "../domain/audit.ts";
import { instantInput } from "../domain/instant.ts";
import type { Page } from "../domain/page.ts";
import { wellFormed } from "../platform/fields.ts";
import { limits } from "../platform/limits.ts";
import type { Role } from "../platform/roles.ts";
import { type AuditCursor, type AuditPageRequest, selectAuditPage } from "./audit-statements.ts";

export const auditFilter = z.strictObject({
  operation: wellFormed(z.string().min(1).max(limits.eventTypeLength)).optional(),
  caller: z.enum(CALLERS).optional(),
  callerId: wellFormed(z.string().min(1).max(limits.callerIdLength)).optional(),
  messageId: wellFormed(z.string().min(1).max(64)).optional(),
  since: instantInput.optional(),
  until: instantInput.optional(),
});

export const auditOfAllFilter = auditFilter.extend({
  tenantId: wellFormed(z.string().min(1).max(64)).optional(),
});

/** An administrative write, as recorded. */
export interface AuditTrace {
  id: string;
  at: number;
  tenantId: string;
  operation: string;
  caller: (typeof CALLERS)[number];
  /** Name of an operator or id of a token. */
  callerId: string | null;
  role: Role | null;
  subject: AuditSubject;
  /** Number of tenants, tokens, endpoints, event types or deliveries changed. */
  affected: number;
  address: string | null;
  requestId: string | null;
}

interface Row extends RowOf<typeof audit> {
  found: number;
}

/**
 * A page of a tenant's audit entries, newest first. It looks at 100 entries for each that it may show, so it may show
 * fewer than `limit`, or none. Only a page whose `next` is null is the last.
 * @throws {OutboxError} `tenant_not_found`
 */
export async function listAudit(
  db: Database,
  tenantId: string,
  page: Omit<AuditPageRequest, "tenantId">,
): Promise<Page<AuditTrace, AuditCursor>> {
  const rows = await readOfTenant<Row>(db, tenantId, selectAuditPage(db, { ...page, tenantId }));
  return describePage(rows, page.limit);
}

/** A page of the audit entries of all tenants, or of one, even a deleted one. */
export async function listAuditOfAll(
  db: Database,
  page: AuditPageRequest,
): Promise<Page<AuditTrace, AuditCursor>> {
  const { results } = await selectAuditPage(db, page).all<Row>();
  return describePage(results, page.limit);
}

function describePage(rows: readonly Row[], limit: number) {
  const { entries, next } = pageOfFound(rows, limit, ({ at, id }) => ({ at, id }));
  return { entries: entries.map(describe), next };
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
