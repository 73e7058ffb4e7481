import type { SQL } from "drizzle-orm";
import { numbered } from "../db/audited.ts";
import type { Database, Statement } from "../db/database.ts";
import { LIVE_TENANT } from "../db/live-tenant.ts";
import { messageKey } from "../db/message-key.ts";
import type { RowOf } from "../db/row.ts";
import type { deliveries } from "../db/schema.ts";
import type { DeliveryRef, MessageRef } from "../domain/message-id.ts";
import { limits } from "../platform/limits.ts";

const CANCELLED = `
  state = 'cancelled', due_at = NULL, behind = 0, blocks = 0, lease_token = NULL, settled_at = ?4, reason = 'by_request'`;
const OF_MESSAGE = `
  tenant_id = ?1 AND seq = ?2 AND EXISTS (
    SELECT 1 FROM outbox_messages m WHERE m.tenant_id = ?1 AND m.id = ${messageKey("?1", "?2")} AND m.nonce = ?3)`;

/** Cancels a message's unsettled deliveries. A consumer that is sending one finds its lease gone. */
export function cancelMessage(db: Database, tenantId: string, { seq, nonce }: MessageRef, now: number) {
  return db
    .prepare(
      `UPDATE outbox_deliveries SET ${CANCELLED} WHERE ${OF_MESSAGE} AND settled_at IS NULL RETURNING endpoint_id`,
    )
    .bind(tenantId, seq, nonce, now);
}

export function cancelDelivery(
  db: Database,
  { tenantId, ref, endpointId }: DeliveryRef,
  now: number,
): Statement {
  return db
    .prepare(`
      UPDATE outbox_deliveries SET ${CANCELLED}
      WHERE ${OF_MESSAGE} AND endpoint_id = ?5 AND settled_at IS NULL RETURNING endpoint_id`)
    .bind(tenantId, ref.seq, ref.nonce, now, endpointId);
}

/** For the audit: the number of a message's deliveries to cancel, or 1 for that of an endpoint. */
export function countUnsettled(tenantId: string, { seq, nonce }: MessageRef, endpointId?: string): SQL {
  return numbered(
    `SELECT count(*) FROM outbox_deliveries
     WHERE ${OF_MESSAGE} AND (?4 IS NULL OR endpoint_id = ?4) AND settled_at IS NULL HAVING count(*) > 0`,
    [tenantId, seq, nonce, endpointId ?? null],
  );
}

const SKIPPABLE = `${OF_MESSAGE} AND endpoint_id = ?4 AND state = 'dead' AND blocks = 1`;

/** A dead delivery no longer blocks its key; it stays dead. */
export function skipDelivery(
  db: Database,
  tenantId: string,
  { seq, nonce }: MessageRef,
  endpointId: string,
): Statement {
  return db
    .prepare(`
      UPDATE outbox_deliveries SET blocks = 0
      WHERE ${SKIPPABLE} RETURNING endpoint_id`)
    .bind(tenantId, seq, nonce, endpointId);
}

/** For the audit. */
export function countSkippedOne(tenantId: string, { seq, nonce }: MessageRef, endpointId: string): SQL {
  return numbered(`SELECT 1 FROM outbox_deliveries WHERE ${SKIPPABLE}`, [tenantId, seq, nonce, endpointId]);
}

const DEAD_HEADS = `
  FROM outbox_deliveries d INDEXED BY outbox_deliveries_endpoint_dead_heads
  WHERE d.tenant_id = ?1 AND d.endpoint_id = ?2 AND d.state = 'dead' AND d.blocks = 1 AND (?3 IS NULL OR d.ordering_key = ?3)`;

/** The dead deliveries of an endpoint that block their keys, or only one of its keys. */
export function countDeadHeads(
  db: Database,
  tenantId: string,
  endpointId: string,
  orderingKey: string | null,
): Statement {
  return db.prepare(`SELECT count(*) AS matched ${DEAD_HEADS}`).bind(tenantId, endpointId, orderingKey);
}

export function skipDeadHeads(
  db: Database,
  tenantId: string,
  endpointId: string,
  orderingKey: string | null,
): Statement {
  return db
    .prepare(`
      UPDATE outbox_deliveries SET blocks = 0
      WHERE tenant_id = ?1 AND endpoint_id = ?2 AND seq IN (SELECT d.seq ${DEAD_HEADS} ORDER BY d.seq LIMIT ?4)
      RETURNING seq`)
    .bind(tenantId, endpointId, orderingKey, limits.skipsPerCall);
}

/** For the audit: the number that one call skips. */
export function countSkipped(tenantId: string, endpointId: string, orderingKey: string | null): SQL {
  return numbered(`SELECT count(*) FROM (SELECT 1 ${DEAD_HEADS} LIMIT ?4) HAVING count(*) > 0`, [
    tenantId,
    endpointId,
    orderingKey,
    limits.skipsPerCall,
  ]);
}

/** Instant at which a delivery was settled, as `selectSettledAt` reads it. */
export type SettledAtRow = RowOf<typeof deliveries, "settled_at">;

export function selectSettledAt(
  db: Database,
  tenantId: string,
  { seq, nonce }: MessageRef,
  endpointId: string,
) {
  return db
    .prepare(`SELECT settled_at FROM outbox_deliveries WHERE ${OF_MESSAGE} AND endpoint_id = ?4`)
    .bind(tenantId, seq, nonce, endpointId);
}

/** A row for an existing tenant, with the endpoint if it exists too. */
export function selectLive(db: Database, tenantId: string, endpointId: string | null): Statement {
  return db
    .prepare(`
      SELECT (SELECT e.id FROM outbox_endpoints e WHERE e.tenant_id = ?1 AND e.id = ?2 AND e.state <> 'deleted') AS endpoint
      FROM ${LIVE_TENANT} ?1`)
    .bind(tenantId, endpointId);
}

/** A message: `wiped` is 1 for a sensitive e-mail whose content is gone. */
export function selectMessage(db: Database, tenantId: string, { seq, nonce }: MessageRef): Statement {
  return db
    .prepare(
      `SELECT seq, sealed = '' AS wiped FROM outbox_messages WHERE tenant_id = ?1 AND id = ${messageKey("?1", "?2")} AND nonce = ?3`,
    )
    .bind(tenantId, seq, nonce);
}

/** An attempt that a person asks for uses up none of the schedule. */
const RETRIED = "schedule_from = schedule_from + (due_at > ?3 AND attempts > schedule_from)";

const OF_ONE_WAITING = `
  d.tenant_id = ?1 AND d.seq = ?2 AND d.endpoint_id = ?5 AND d.state = 'pending' AND d.behind = 0
    AND coalesce(m.deliver_at, 0) <= ?3
    AND m.tenant_id = ?1 AND m.id = ${messageKey("?1", "?2")} AND m.nonce = ?4`;

export function retryDelivery(
  db: Database,
  { tenantId, ref, endpointId }: DeliveryRef,
  now: number,
): Statement {
  return db
    .prepare(`
      UPDATE outbox_deliveries AS d SET due_at = min(d.due_at, ?3), ${RETRIED}
      FROM outbox_messages m
      WHERE ${OF_ONE_WAITING}
      RETURNING seq`)
    .bind(tenantId, ref.seq, now, ref.nonce, endpointId);
}

/** For the audit. */
export function countRetriedOne(
  tenantId: string,
  { seq, nonce }: MessageRef,
  endpointId: string,
  now: number,
): SQL {
  return numbered(`SELECT 1 FROM outbox_deliveries d CROSS JOIN outbox_messages m WHERE ${OF_ONE_WAITING}`, [
    tenantId,
    seq,
    now,
    nonce,
    endpointId,
  ]);
}

/**
 * Deliveries of an endpoint that wait for a retry that is not due yet, among a bounded number of the first by due
 * time.
 */
const WAITING = `
  FROM (
    SELECT d.seq FROM outbox_deliveries d INDEXED BY outbox_deliveries_due
    WHERE d.tenant_id = ?1 AND d.endpoint_id = ?2 AND d.state = 'pending' AND d.behind = 0 AND d.due_at > ?3
    ORDER BY d.due_at LIMIT ?4) waiting
  CROSS JOIN outbox_messages m ON m.tenant_id = ?1 AND m.id = ${messageKey("?1", "waiting.seq")}
  WHERE coalesce(m.deliver_at, 0) <= ?3`;

export function countWaiting(db: Database, tenantId: string, endpointId: string, now: number): Statement {
  return db
    .prepare(`SELECT count(*) AS matched ${WAITING}`)
    .bind(tenantId, endpointId, now, limits.replaysPerCall);
}

/** For the audit: the number made due now. Without any, an open breaker that lets one through counts too. */
export function countRetried(tenantId: string, endpointId: string, now: number): SQL {
  return numbered(
    `SELECT count(*) ${WAITING} HAVING count(*) > 0 OR EXISTS (
       SELECT 1 FROM outbox_endpoints WHERE tenant_id = ?1 AND id = ?2 AND state <> 'deleted' AND held_until > ?3)`,
    [tenantId, endpointId, now, limits.replaysPerCall],
  );
}

/** Oldest first, at a bounded rate. */
export function retryWaiting(db: Database, tenantId: string, endpointId: string, now: number): Statement {
  return db
    .prepare(`
      WITH chosen AS MATERIALIZED (SELECT waiting.seq, row_number() OVER (ORDER BY waiting.seq) - 1 AS place ${WAITING})
      UPDATE outbox_deliveries
      SET due_at = min(due_at, ?3 + CAST(chosen.place * 1000 / ?5 AS INTEGER)), ${RETRIED}
      FROM chosen
      WHERE outbox_deliveries.tenant_id = ?1 AND outbox_deliveries.seq = chosen.seq AND outbox_deliveries.endpoint_id = ?2
      RETURNING seq`)
    .bind(tenantId, endpointId, now, limits.replaysPerCall, limits.replaysPerSecond);
}

/**
 * Ends the hold of an open breaker, which lets one delivery through now, and the others once it has succeeded. `ref`:
 * only if this delivery is due. Defaults to any.
 */
export function endHold(
  db: Database,
  { tenantId, endpointId, ref }: Omit<DeliveryRef, "ref"> & Partial<DeliveryRef>,
  now: number,
): Statement {
  return db
    .prepare(`
      UPDATE outbox_endpoints SET held_until = min(held_until, ?3), probe_until = NULL
      WHERE tenant_id = ?1 AND id = ?2 AND state <> 'deleted' AND held_until IS NOT NULL AND EXISTS (
        SELECT 1 FROM outbox_deliveries d INDEXED BY outbox_deliveries_due
        WHERE d.tenant_id = ?1 AND d.endpoint_id = ?2 AND d.state = 'pending' AND d.behind = 0 AND d.due_at <= ?3
          AND (?4 IS NULL OR (d.seq = ?4 AND EXISTS (
            SELECT 1 FROM outbox_messages m WHERE m.tenant_id = ?1 AND m.id = ${messageKey("?1", "?4")} AND m.nonce = ?5))))`)
    .bind(tenantId, endpointId, now, ref?.seq ?? null, ref?.nonce ?? null);
}
