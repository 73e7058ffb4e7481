import type { SQL } from "drizzle-orm";
import { numbered } from "../db/audited.ts";
import type { Database, Statement } from "../db/database.ts";
import { LIVE_TENANT } from "../db/live-tenant.ts";
import { limits } from "../platform/limits.ts";

/** An address to suppress by request. */
export interface ImportedRow {
  address: string;
  /** Instant in milliseconds; null: for ever. */
  until: number | null;
  note: string | null;
}

/** SQL: the suppression `s` is not what the entry `e` wants. */
const DIFFERS = `(s.reason <> 'by_request' OR s.until IS NOT e.value ->> 'until' OR s.note IS NOT e.value ->> 'note')`;
const OF_ENTRY = "s.tenant_id = ?1 AND s.address = e.value ->> 'address'";

/** Number of entries that change something, for the audit, in parts that a parameter can hold; no row for none. */
export function countChanged(tenantId: string, parts: readonly (readonly ImportedRow[])[]): SQL {
  const counts = parts.map(
    (_, n) => `
    SELECT count(*) AS count FROM json_each(?${n + 2}) e LEFT JOIN outbox_suppressions s ON ${OF_ENTRY}
    WHERE s.address IS NULL OR ${DIFFERS}`,
  );
  return numbered(`SELECT sum(count) FROM (${counts.join(" UNION ALL ")}) HAVING sum(count) > 0`, [
    tenantId,
    ...parts.map((part) => JSON.stringify(part)),
  ]);
}

/** Number of addresses that are suppressed already. */
export function countInForce(
  db: Database,
  tenantId: string,
  rows: readonly ImportedRow[],
  now: number,
): Statement {
  return db
    .prepare(`
      SELECT count(*) AS existing FROM json_each(?2) e CROSS JOIN outbox_suppressions s ON ${OF_ENTRY}
      WHERE s.until IS NULL OR s.until > ?3`)
    .bind(tenantId, JSON.stringify(rows), now);
}

/**
 * Suppresses addresses, each given once, by request, in place of whatever suppressed them before. One that is there as wanted is
 * not written. More than a tenant may have become NULL, which the column refuses, as it refuses an unknown tenant.
 */
export function importSuppressed(
  db: Database,
  tenantId: string,
  rows: readonly ImportedRow[],
  now: number,
): Statement {
  return db
    .prepare(`
      WITH others AS MATERIALIZED (
        SELECT count(*) AS count FROM outbox_suppressions WHERE tenant_id = ?1 AND reason = 'by_request'
          AND address NOT IN (SELECT value ->> 'address' FROM json_each(?2)))
      INSERT INTO outbox_suppressions (tenant_id, address, reason, until, note, created_at, updated_at)
      SELECT (SELECT id FROM ${LIVE_TENANT} ?1),
        iif(others.count + ?4 <= ${limits.suppressionsPerTenant}, e.value ->> 'address', NULL), 'by_request',
        e.value ->> 'until', e.value ->> 'note', ?3, ?3
      FROM others CROSS JOIN json_each(?2) e WHERE true
      ON CONFLICT (tenant_id, address) DO UPDATE SET
        reason = 'by_request', until = excluded.until, note = excluded.note, updated_at = ?3
      WHERE reason <> 'by_request' OR until IS NOT excluded.until OR note IS NOT excluded.note`)
    .bind(tenantId, JSON.stringify(rows), now, rows.length);
}
