import * as z from "zod";
import type { Database } from "../db/database.ts";
import type { AuditTrace } from "../trace/audit.ts";
import { listAudit, listAuditOfAll } from "../trace/audit.ts";
import type { AuditPageRequest } from "../trace/audit-statements.ts";
import { type Asked, answerPage } from "./page.ts";
import { toIso } from "./to-iso.ts";

/** Hides the operator's name and address from a tenant. */
export function presentAudit(entry: AuditTrace, forTenant: boolean) {
  const hidden = forTenant && entry.caller === "operator" && { callerId: null, address: null };
  return { ...entry, ...hidden, at: toIso(entry.at) };
}

type Query = Omit<Asked<AuditPageRequest>, "tenantId" | "forTenant">;

const cursor = z.strictObject({ at: z.int(), id: z.string() });

/** @param forTenant true when a tenant asks: it is not shown names and addresses of operators */
export function auditPage(db: Database, tenantId: string, query: Query, forTenant = false) {
  return answerPage(query, {
    cursor,
    read: (page) => listAudit(db, tenantId, { ...page, forTenant }),
    present: (entry) => presentAudit(entry, forTenant),
  });
}

export function auditOfAllPage(
  db: Database,
  { tenantId = null, ...query }: Query & { tenantId?: string | null | undefined },
) {
  return answerPage(query, {
    cursor,
    read: (page) => listAuditOfAll(db, { ...page, tenantId }),
    present: (entry) => presentAudit(entry, false),
  });
}
