import { type SQL, sql } from "drizzle-orm";
import type { AuditEntry, AuditSubject } from "../domain/audit.ts";
import type { Clock } from "../platform/clock.ts";
import { type Before, type Database, queryBuilder } from "./database.ts";
import { audit } from "./schema.ts";

/** Tools of a room that makes administrative writes. */
export interface AuditedTools {
  db: Database;
  clock: Clock;
  before?: Before | undefined;
  /** Caller of the write. Undefined: no entry is made. */
  audit?: AuditEntry | undefined;
}

/** An administrative write, as its audit entry tells it. */
interface AuditedWrite {
  tenantId: string;
  /**
   * SELECT of one column: the number of rows that the write will change; no row when it changes nothing. Runs in the
   * write's own batch, before the write.
   */
  affected: SQL;
  /** Ids that are not in the request's path. */
  subject?: AuditSubject | undefined;
}

/** Tools whose batch begins with the audit entry of the following write, so that both commit or neither. */
export function audited<T extends AuditedTools>(tools: T, write: AuditedWrite): T {
  const { db, clock, before = [], audit: entry } = tools;
  if (!entry) return tools;
  const { tenantId, affected, subject } = write;
  const row = queryBuilder(db)
    .insert(audit)
    .select(sql`
      SELECT ${tenantId}, ${clock.now()}, ${entry.id}, ${entry.operation}, ${entry.caller}, ${entry.callerId}, ${entry.role},
        ${JSON.stringify({ ...entry.subject, ...subject })}, found.affected, ${entry.address}, ${entry.requestId}
      FROM (SELECT 0 AS affected WHERE false UNION ALL ${affected}) found`);
  return { ...tools, before: [...before, row] };
}

/** SELECT of one row, if a condition holds. */
export function oneIf(condition: SQL): SQL {
  return sql`SELECT 1 WHERE ${condition}`;
}

/** SELECT of one row, for a write that aborts the batch if it cannot be made. */
export const ONE = sql`SELECT 1`;

/** A statement's text with numbered parameters, `?1`, as a part of another query. */
export function numbered(text: string, params: readonly unknown[]): SQL {
  const parts = text.split(/\?(\d+)/);
  return sql.join(parts.map((part, n) => (n % 2 === 0 ? sql.raw(part) : sql`${params[Number(part) - 1]}`)));
}
