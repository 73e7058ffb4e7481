import type { Database, Statement } from "../db/database.ts";
import { LIVE_TENANT } from "../db/live-tenant.ts";
import { messageKey } from "../db/message-key.ts";
import { MESSAGE_ID } from "../db/message-ref.ts";
import { columnsOf, type RowOf } from "../db/row.ts";
import type { deliveries, sweeps, tenants } from "../db/schema.ts";
import type { MessageIdRow } from "../domain/message-id.ts";
import { SYSTEM_EVENTS, type SystemEvent } from "../domain/system-events.ts";
import { limits } from "../platform/limits.ts";

const { late: LATE, dead: DEAD } = limits.warnings;

/** SQL: an endpoint of the tenant subscribes to the system event by name. */
function listens(tenantId: string, eventType: SystemEvent): string {
  return `EXISTS (
    SELECT 1 FROM outbox_endpoints e INDEXED BY outbox_endpoints_live, json_each(e.event_types) heard
    WHERE e.state <> 'deleted' AND e.tenant_id = ${tenantId} AND e.state IN ('enabled', 'paused')
      AND heard.value = '${eventType}')`;
}

/** A tenant that is to be told of its late deliveries. */
export type LateRow = RowOf<typeof tenants, "id" | "late_told_at">;

/**
 * Finds those of some late tenants that were not told of it for a while, and where somebody listens: an endpoint of their own, or
 * of the tenant that gets the system events of all.
 */
export function selectLateToTell(
  db: Database,
  tenantIds: readonly string[],
  systemEventsTenant: string | undefined,
  now: number,
): Statement {
  return db
    .prepare(`
      SELECT t.id, t.late_told_at FROM json_each(?1) late CROSS JOIN outbox_tenants t ON t.id = late.value
      WHERE t.state <> 'deleted' AND coalesce(t.late_told_at, 0) <= ?2
        AND (${listens("?3", "backlog.late")} OR ${listens("t.id", "backlog.late")})`)
    .bind(JSON.stringify(tenantIds), now - LATE.quietMs, systemEventsTenant ?? null);
}

const OF_DELIVERY = ["endpoint_id", "reason", "error", "http_status", "settled_at"] as const;

/** A tenant that is to be told of its new dead letters, with the latest one. */
export interface DeadRow extends MessageIdRow, RowOf<typeof deliveries, (typeof OF_DELIVERY)[number]> {
  tenant_id: string;
  dead_told_at: number | null;
  event_type: string;
  settled_at: number;
  /** Number of dead letters looked at, the newest, and of the new ones among them. */
  looked: number;
  count: number;
}

const NAMES = SYSTEM_EVENTS.map((name) => `'${name}'`).join(", ");

/**
 * Tenants with many new dead letters that were not told of them for a while, and where somebody listens. Looks at a stretch of
 * all tenants, the next one each minute; at each of them until it has seen so many dead letters, and then at its newest. Dead
 * letters of system events do not count.
 */
export function selectDeadToTell(
  db: Database,
  systemEventsTenant: string | undefined,
  now: number,
): Statement {
  const since = "?2";
  const stretch = `(SELECT CAST(?1 AS INTEGER) % (max(number) / ${DEAD.tenants} + 1) * ${DEAD.tenants} FROM outbox_tenants)`;
  const deadOf = (tenantId: string) => `
    FROM outbox_deliveries d INDEXED BY outbox_deliveries_dead WHERE d.tenant_id = ${tenantId} AND d.state = 'dead'`;
  return db
    .prepare(`
      WITH tenant AS MATERIALIZED (
        SELECT t.id, t.dead_told_at FROM outbox_tenants t
        WHERE t.number >= ${stretch} AND t.number < ${stretch} + ${DEAD.tenants}
          AND t.state <> 'deleted' AND coalesce(t.dead_told_at, 0) <= ${since}
          AND (SELECT count(*) FROM (SELECT 1 ${deadOf("t.id")} LIMIT ${DEAD.from})) = ${DEAD.from}
          AND (${listens("?3", "dead-letters.piling-up")} OR ${listens("t.id", "dead-letters.piling-up")})
      ),
      found AS MATERIALIZED (
        SELECT tenant.*, (
          SELECT json_object('looked', count(*), 'count', sum(counts), 'seq', max(iif(counts, seq, NULL)),
            'endpointId', endpoint_id) FROM (
            SELECT d.seq, d.endpoint_id, d.settled_at > ${since} AND (
                SELECT event_type FROM outbox_messages m WHERE m.id = ${messageKey("tenant.id", "d.seq")}) NOT IN (${NAMES}) AS counts
            ${deadOf("tenant.id")} ORDER BY d.seq DESC LIMIT ${DEAD.looked})
        ) AS dead
        FROM tenant
      )
      SELECT found.id AS tenant_id, found.dead_told_at, found.dead ->> 'count' AS count, found.dead ->> 'looked' AS looked,
        ${MESSAGE_ID}, m.event_type,
        ${columnsOf<typeof deliveries>("d", OF_DELIVERY)}
      FROM found
        CROSS JOIN outbox_deliveries d ON d.tenant_id = found.id AND d.seq = found.dead ->> 'seq'
          AND d.endpoint_id = found.dead ->> 'endpointId'
        CROSS JOIN outbox_messages m ON m.tenant_id = found.id AND m.id = ${messageKey("found.id", "d.seq")}
      WHERE found.dead ->> 'count' >= ${DEAD.from} LIMIT ${DEAD.told}`)
    .bind(Math.floor(now / limits.cronMs), now - DEAD.quietMs, systemEventsTenant ?? null);
}

/** Notes that tenants were told, unless others have told them since they were read. */
export function markTold(
  db: Database,
  of: "late" | "dead",
  told: readonly { tenantId: string | null; toldAt?: number | null }[],
  now: number,
): Statement {
  return db
    .prepare(`
      UPDATE outbox_tenants SET ${of}_told_at = ?2 FROM json_each(?1) told
      WHERE outbox_tenants.id = told.value ->> 'tenantId' AND ${of}_told_at IS told.value ->> 'toldAt'`)
    .bind(JSON.stringify(told.map(({ tenantId, toldAt }) => ({ tenantId, toldAt }))), now);
}

/** Level of the database that was last told of. */
export type FillingRow = RowOf<typeof sweeps, "filling_told_at" | "filling_told">;

/** The level that was last told of; no row if nobody listens. */
export function selectFillingToTell(db: Database, systemEventsTenant: string): Statement {
  return db
    .prepare(`
      SELECT filling_told_at, filling_told FROM outbox_sweep WHERE id = 1 AND ${listens("?1", "storage.filling")}`)
    .bind(systemEventsTenant);
}

/** Notes that a level was told of, unless others have told since it was read. */
export function markFillingTold(db: Database, toldAt: number | null, level: string, now: number): Statement {
  return db
    .prepare(
      "UPDATE outbox_sweep SET filling_told_at = ?2, filling_told = ?3 WHERE id = 1 AND filling_told_at IS ?1",
    )
    .bind(toldAt, now, level);
}

/** The tenant, unless it does not exist or is deleted. */
export function selectLive(db: Database, tenantId: string): Statement {
  return db.prepare(`SELECT id FROM ${LIVE_TENANT} ?1`).bind(tenantId);
}
