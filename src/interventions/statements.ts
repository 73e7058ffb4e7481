import type { Database, Statement } from "../db/database.ts";
import { earlierBlocks } from "../db/earlier-of-key.ts";
import { LAST_SEQ, messageKey } from "../db/message-key.ts";
import { seqSince } from "../db/seq-since.ts";
import type { MessageRef } from "../domain/ids.ts";
import type { DeliveryState } from "../domain/states.ts";
import { limits } from "../platform/limits.ts";

const CANCELLED = `
  state = 'cancelled', due_at = NULL, behind = 0, blocks = 0, lease_token = NULL, settled_at = ?4, reason = 'by_request'`;
const OF_MESSAGE = `
  tenant_id = ?1 AND seq = ?2 AND EXISTS (
    SELECT 1 FROM outbox_messages m WHERE m.tenant_id = ?1 AND m.id = ${messageKey("?1", "?2")} AND m.nonce = ?3)`;

/** Settles what is left of a message. Who is sending it at this moment finds the lease gone. */
export function cancelMessage(db: Database, tenantId: string, { seq, nonce }: MessageRef, now: number) {
  return db
    .prepare(
      `UPDATE outbox_deliveries SET ${CANCELLED} WHERE ${OF_MESSAGE} AND settled_at IS NULL RETURNING endpoint_id`,
    )
    .bind(tenantId, seq, nonce, now);
}

export function cancelDelivery(
  db: Database,
  tenantId: string,
  { seq, nonce }: MessageRef,
  endpointId: string,
  now: number,
): Statement {
  return db
    .prepare(`
      UPDATE outbox_deliveries SET ${CANCELLED}
      WHERE ${OF_MESSAGE} AND endpoint_id = ?5 AND settled_at IS NULL RETURNING endpoint_id`)
    .bind(tenantId, seq, nonce, now, endpointId);
}

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
      WHERE ${OF_MESSAGE} AND endpoint_id = ?4 AND state = 'dead' AND blocks = 1 RETURNING endpoint_id`)
    .bind(tenantId, seq, nonce, endpointId);
}

const DEAD_HEADS = `
  FROM outbox_deliveries d INDEXED BY outbox_deliveries_endpoint_dead_heads
  WHERE d.tenant_id = ?1 AND d.endpoint_id = ?2 AND d.state = 'dead' AND d.blocks = 1 AND (?3 IS NULL OR d.ordering_key = ?3)`;

/** The dead deliveries of an endpoint that block their keys, or one of its keys. */
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

export function selectDeliveryState(
  db: Database,
  tenantId: string,
  { seq, nonce }: MessageRef,
  endpointId: string,
) {
  return db
    .prepare(`SELECT state, settled_at FROM outbox_deliveries WHERE ${OF_MESSAGE} AND endpoint_id = ?4`)
    .bind(tenantId, seq, nonce, endpointId);
}

export function selectMessage(db: Database, tenantId: string, { seq, nonce }: MessageRef): Statement {
  return db
    .prepare(
      `SELECT seq FROM outbox_messages WHERE tenant_id = ?1 AND id = ${messageKey("?1", "?2")} AND nonce = ?3`,
    )
    .bind(tenantId, seq, nonce);
}

/** Which settled deliveries are to be tried again. */
export interface ReplayFilter {
  states: readonly Extract<DeliveryState, "delivered" | "dead" | "cancelled">[];
  endpointId: string | null;
  /** One message's. */
  seq: number | null;
  since: number | null;
  until: number | null;
  eventTypes: readonly string[] | null;
}

/** From a sequence number to before another. */
export interface SeqRange {
  firstSeq: number;
  endSeq: number;
}

/** Where the messages of a filter begin and end, by its instants. What the clocks of commits may differ by is in it. */
export function selectRange(db: Database, tenantId: string, { since, until }: ReplayFilter): Statement {
  return db
    .prepare(`
      SELECT iif(?2 IS NULL, 1, ${seqSince("?1", "?2 - ?4")}) AS firstSeq,
        iif(?3 IS NULL, ?5, ${seqSince("?1", "?3 + ?4")}) AS endSeq`)
    .bind(tenantId, since, until, limits.commitSkewMs, LAST_SEQ);
}

/** Dead letters have an index of their own; the others are read from `firstSeq` on. */
function matching(filter: ReplayFilter): string {
  const onlyDead = filter.seq === null && filter.states.every((state) => state === "dead");
  const source = onlyDead ? "outbox_deliveries d INDEXED BY outbox_deliveries_dead" : "outbox_deliveries d";
  return `
    FROM ${source}
      CROSS JOIN outbox_messages m ON m.tenant_id = ?1 AND m.id = ${messageKey("?1", "d.seq")}
      CROSS JOIN outbox_endpoints e ON e.tenant_id = d.tenant_id AND e.id = d.endpoint_id AND e.state <> 'deleted'
    WHERE d.tenant_id = ?1 AND d.seq >= ?2 AND d.seq < ?9 AND ${onlyDead ? "d.state = 'dead'" : "d.settled_at IS NOT NULL"}
      AND d.state IN (SELECT value FROM json_each(?3))
      AND (?4 IS NULL OR d.endpoint_id = ?4) AND ${filter.seq === null ? "?5 IS NULL" : "d.seq = ?5"}
      AND (?6 IS NULL OR m.committed_at >= ?6) AND (?7 IS NULL OR m.committed_at < ?7)
      AND (?8 IS NULL OR m.event_type IN (SELECT value FROM json_each(?8)))`;
}

function filterParams(tenantId: string, { firstSeq, endSeq }: SeqRange, filter: ReplayFilter) {
  return [
    tenantId,
    firstSeq,
    JSON.stringify(filter.states),
    filter.endpointId,
    filter.seq,
    filter.since,
    filter.until,
    filter.eventTypes && JSON.stringify(filter.eventTypes),
    endSeq,
  ];
}

export function countMatching(
  db: Database,
  tenantId: string,
  range: SeqRange,
  filter: ReplayFilter,
): Statement {
  return db
    .prepare(`SELECT count(*) AS matched ${matching(filter)}`)
    .bind(...filterParams(tenantId, range, filter));
}

/**
 * A first attempt that delivered stands in its delivery's row alone. The next attempt will be recorded there, so
 * it gets a row of its own first.
 */
export function keepFirstAttempts(
  db: Database,
  tenantId: string,
  range: SeqRange,
  filter: ReplayFilter,
): Statement {
  return db
    .prepare(`
      INSERT INTO outbox_attempts (tenant_id, seq, endpoint_id, n, outcome, started_at, duration_ms, http_status, error, excerpt)
      SELECT d.tenant_id, d.seq, d.endpoint_id, 1, 'delivered', d.started_at, d.duration_ms, d.http_status, d.error, d.excerpt
      ${matching(filter)} AND d.state = 'delivered' AND d.attempts = 1
        AND NOT EXISTS (
          SELECT 1 FROM outbox_attempts a WHERE a.tenant_id = ?1 AND a.seq = d.seq AND a.endpoint_id = d.endpoint_id AND a.n = 1)
      ORDER BY d.seq, d.endpoint_id LIMIT ?10`)
    .bind(...filterParams(tenantId, range, filter), limits.replaysPerCall);
}

/** The only way back from a final state: pending again, in commit order, so many to a second. */
export function replayMatching(
  db: Database,
  tenantId: string,
  range: SeqRange,
  filter: ReplayFilter,
  now: number,
): Statement {
  return db
    .prepare(`
      WITH chosen AS MATERIALIZED (
        SELECT d.seq, d.endpoint_id, row_number() OVER (ORDER BY d.seq, d.endpoint_id) - 1 AS place
        ${matching(filter)} ORDER BY d.seq, d.endpoint_id LIMIT ?10
      )
      UPDATE outbox_deliveries
      SET state = 'pending', due_at = ?11 + CAST(chosen.place * 1000 / ?12 AS INTEGER), settled_at = NULL, reason = NULL,
        claims = 0, starts = 0, schedule_from = attempts,
        was_dead = iif(state = 'delivered', 0, was_dead OR state = 'dead'), blocks = ordering_key IS NOT NULL,
        behind = ordering_key IS NOT NULL AND ${earlierBlocks("outbox_deliveries")}
      FROM chosen
      WHERE outbox_deliveries.tenant_id = ?1 AND outbox_deliveries.seq = chosen.seq AND outbox_deliveries.endpoint_id = chosen.endpoint_id
        AND outbox_deliveries.settled_at IS NOT NULL
      RETURNING seq`)
    .bind(...filterParams(tenantId, range, filter), limits.replaysPerCall, now, limits.replaysPerSecond);
}
