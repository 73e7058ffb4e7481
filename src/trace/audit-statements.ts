import type { Database, Statement } from "../db/database.ts";
import { lookThrough } from "../db/look-through.ts";
import type { AuditEntry } from "../domain/audit.ts";
import type { PageRequest } from "../domain/page.ts";
import { limits } from "../platform/limits.ts";

/** A cursor in a list of audit entries. */
export interface AuditCursor {
  at: number;
  id: string;
}

/** Filter and position of a list of audit entries. `tenantId`: null for all tenants. */
export interface AuditPageRequest extends PageRequest<AuditCursor> {
  tenantId: string | null;
  since?: number | undefined;
  until?: number | undefined;
  operation?: string | undefined;
  caller?: AuditEntry["caller"] | undefined;
  callerId?: string | undefined;
  messageId?: string | undefined;
  /** True if a tenant asks, which cannot find entries by operators' names. */
  forTenant?: boolean | undefined;
}

/** Audit entries, newest first. The table orders a tenant's entries, an index all of them. */
export function selectAuditPage(db: Database, page: AuditPageRequest): Statement {
  const { tenantId, limit, after, since, until } = page;
  const source =
    tenantId === null
      ? "outbox_audit INDEXED BY outbox_audit_at WHERE ?1 IS NULL"
      : "outbox_audit WHERE tenant_id = ?1";
  const found = lookThrough({
    cursor: "tenant_id, at, id",
    entries: `
      SELECT tenant_id, at, id FROM ${source} AND (at, id) < (?2, ?3) AND at >= ?4 ORDER BY at DESC, id DESC`,
    matching: `
      CROSS JOIN outbox_audit noted ON noted.tenant_id = entry.tenant_id AND noted.at = entry.at AND noted.id = entry.id
      WHERE (?5 IS NULL OR noted.operation = ?5) AND (?6 IS NULL OR noted.caller = ?6)
        AND (?7 IS NULL OR noted.caller_id = ?7 AND (noted.caller <> 'operator' OR NOT ?8))
        AND (?11 IS NULL OR noted.subject ->> 'message' = ?11
          OR EXISTS (SELECT 1 FROM json_each(noted.subject, '$.messages') named WHERE named.value = ?11))`,
    order: "at DESC, id DESC",
    look: "?9",
    wanted: "?10",
  });
  const before = until !== undefined && until <= (after?.at ?? until) ? { at: until, id: "" } : after;
  return db
    .prepare(`
      WITH ${found}
      SELECT page.found, noted.* FROM page
        CROSS JOIN outbox_audit noted ON noted.tenant_id = page.tenant_id AND noted.at = page.at AND noted.id = page.id
      ORDER BY page.at DESC, page.id DESC`)
    .bind(
      tenantId,
      before?.at ?? Number.MAX_SAFE_INTEGER,
      before?.id ?? "",
      since ?? 0,
      page.operation ?? null,
      page.caller ?? null,
      page.callerId ?? null,
      Number(page.forTenant ?? false),
      limit * limits.lookedAtPerShown,
      limit + 1,
      page.messageId ?? null,
    );
}
