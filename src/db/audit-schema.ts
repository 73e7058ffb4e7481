/** Table of the audit. */
import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { type AuditSubject, CALLERS } from "../domain/audit.ts";
import { ROLES } from "../platform/roles.ts";

export const audit = sqliteTable(
  "outbox_audit",
  {
    tenantId: text("tenant_id").notNull(),
    at: integer("at").notNull(),
    id: text("id").notNull(),
    /** The operation's id in the OpenAPI document. */
    operation: text("operation").notNull(),
    caller: text("caller", { enum: CALLERS }).notNull(),
    /** Name of an operator or id of a token. */
    callerId: text("caller_id"),
    role: text("role", { enum: ROLES }),
    subject: text("subject", { mode: "json" }).$type<AuditSubject>().notNull(),
    affected: integer("affected").notNull(),
    address: text("address"),
    requestId: text("request_id"),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.at, table.id] }),
    index("outbox_audit_at").on(table.at, table.id),
  ],
);
