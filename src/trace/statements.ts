import type { Database, Statement } from "../db/database.ts";
import { earlierBlocks } from "../db/earlier-of-key.ts";
import type { MessageRef } from "../domain/ids.ts";
import { limits } from "../platform/limits.ts";

export function selectTenant(db: Database, tenantId: string): Statement {
  return db.prepare("SELECT id FROM tenants WHERE id = ?1 AND state <> 'deleted'").bind(tenantId);
}

/** The nonce proves that the id was made for this tenant. */
export function selectMessage(db: Database, tenantId: string, { seq, nonce }: MessageRef): Statement {
  return db
    .prepare(`
      SELECT seq, nonce, event_type, payload, ordering_key, deliver_at, committed_at, traceparent
      FROM messages WHERE tenant_id = ?1 AND seq = ?2 AND nonce = ?3`)
    .bind(tenantId, seq, nonce);
}

export function selectDeliveries(db: Database, tenantId: string, seq: number): Statement {
  return db
    .prepare(`
      SELECT d.endpoint_id, e.channel, d.state, d.due_at, d.behind, d.blocks, d.claimed_at, d.settled_at, d.reason, d.attempts,
        d.started_at, d.duration_ms, d.http_status, d.error, d.excerpt
      FROM deliveries d JOIN endpoints e ON e.tenant_id = d.tenant_id AND e.id = d.endpoint_id
      WHERE d.tenant_id = ?1 AND d.seq = ?2 ORDER BY d.endpoint_id`)
    .bind(tenantId, seq);
}

export function selectAttempts(db: Database, tenantId: string, seq: number): Statement {
  return db
    .prepare(`
      SELECT endpoint_id, n, outcome, started_at, duration_ms, http_status, error, excerpt
      FROM attempts WHERE tenant_id = ?1 AND seq = ?2 ORDER BY endpoint_id, n`)
    .bind(tenantId, seq);
}

const PAGE = "FROM messages WHERE tenant_id = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3";

export function selectPage(db: Database, tenantId: string, before: number, limit: number): Statement {
  return db
    .prepare(`SELECT seq, nonce, event_type, ordering_key, deliver_at, committed_at ${PAGE}`)
    .bind(tenantId, before, limit);
}

export function selectStates(db: Database, tenantId: string, before: number, limit: number): Statement {
  return db
    .prepare(`
      SELECT seq, state, count(*) AS count FROM deliveries
      WHERE tenant_id = ?1 AND seq IN (SELECT seq ${PAGE}) GROUP BY seq, state`)
    .bind(tenantId, before, limit);
}

/** A page of the dead letters before a place, newest first. */
export function selectDeadLetters(
  db: Database,
  tenantId: string,
  before: { seq: number; endpointId: string },
  limit: number,
): Statement {
  return db
    .prepare(`
      SELECT m.seq, m.nonce, m.event_type, m.committed_at, d.endpoint_id, e.channel, d.attempts, d.settled_at, d.reason,
        d.http_status, d.error, d.excerpt
      FROM deliveries d INDEXED BY deliveries_dead
        CROSS JOIN messages m ON m.tenant_id = d.tenant_id AND m.seq = d.seq
        CROSS JOIN endpoints e ON e.tenant_id = d.tenant_id AND e.id = d.endpoint_id
      WHERE d.tenant_id = ?1 AND d.state = 'dead' AND d.seq <= ?2 AND (d.seq < ?2 OR d.endpoint_id < ?3)
      ORDER BY d.seq DESC, d.endpoint_id DESC LIMIT ?4`)
    .bind(tenantId, before.seq, before.endpointId, limit);
}

/**
 * A page of the keys that a dead delivery blocks, after a place, by its message's place in the sequence. A key has one
 * entry: of several dead ones, as after a replay, the first.
 */
export function selectBlockedKeys(
  db: Database,
  tenantId: string,
  endpointId: string | null,
  after: { seq: number; endpointId: string },
  limit: number,
): Statement {
  return db
    .prepare(`
      SELECT d.endpoint_id, d.ordering_key, d.settled_at, m.seq, m.nonce, m.event_type, m.committed_at, d.attempts,
        d.reason, d.http_status, d.error, d.excerpt,
        (SELECT count(*) FROM (
          SELECT 1 FROM deliveries w INDEXED BY deliveries_key
          WHERE w.tenant_id = d.tenant_id AND w.endpoint_id = d.endpoint_id AND w.ordering_key = d.ordering_key
            AND w.blocks = 1 AND w.seq > d.seq AND w.due_at IS NOT NULL LIMIT ?6)) AS waiting
      FROM deliveries d INDEXED BY deliveries_dead_heads
        CROSS JOIN messages m ON m.tenant_id = d.tenant_id AND m.seq = d.seq
      WHERE d.tenant_id = ?1 AND d.state = 'dead' AND d.blocks = 1 AND (?2 IS NULL OR d.endpoint_id = ?2)
        AND d.seq >= ?3 AND (d.seq > ?3 OR d.endpoint_id > ?4)
        AND NOT ${earlierBlocks("d", "d.endpoint_id", "AND earlier.state = 'dead'")}
      ORDER BY d.seq, d.endpoint_id LIMIT ?5`)
    .bind(tenantId, endpointId, after.seq, after.endpointId, limit, limits.waitingCounted);
}
