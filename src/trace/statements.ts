import type { Database, Statement } from "../db/database.ts";
import { messageKey } from "../db/message-key.ts";
import { ID_KEY } from "../db/message-ref.ts";
import { payloadText } from "../db/payload.ts";
import type { DeliveryRef, MessageRef } from "../domain/message-id.ts";

/** The nonce proves that the id was made for this tenant. */
export function selectMessage(db: Database, tenantId: string, { seq, nonce }: MessageRef): Statement {
  return db
    .prepare(`
      SELECT m.seq, m.nonce, ${ID_KEY}, m.event_type, ${payloadText("m")} AS payload, m.ordering_key,
        m.deliver_at, m.committed_at, m.traceparent, m.tracestate
      FROM outbox_messages m WHERE m.tenant_id = ?1 AND m.id = ${messageKey("?1", "?2")} AND m.nonce = ?3`)
    .bind(tenantId, seq, nonce);
}

export function selectDeliveries(db: Database, tenantId: string, seq: number): Statement {
  return db
    .prepare(`
      SELECT d.endpoint_id, e.channel, d.state, d.due_at, d.behind, d.blocks, d.claimed_at, d.settled_at, d.reason, d.attempts,
        d.started_at, d.duration_ms, d.http_status, d.error, d.excerpt
      FROM outbox_deliveries d JOIN outbox_endpoints e ON e.tenant_id = d.tenant_id AND e.id = d.endpoint_id
      WHERE d.tenant_id = ?1 AND d.seq = ?2 ORDER BY d.endpoint_id`)
    .bind(tenantId, seq);
}

export function selectAttempts(db: Database, tenantId: string, seq: number): Statement {
  return db
    .prepare(`
      SELECT endpoint_id, n, outcome, started_at, duration_ms, http_status, error, excerpt
      FROM outbox_attempts WHERE tenant_id = ?1 AND seq = ?2 ORDER BY endpoint_id, n`)
    .bind(tenantId, seq);
}

/** A message without its payload, and its delivery to an endpoint; NULL if there is none. */
export function selectDelivery(db: Database, { tenantId, ref, endpointId }: DeliveryRef): Statement {
  return db
    .prepare(`
      SELECT m.seq, m.nonce, ${ID_KEY}, m.event_type, m.committed_at, m.ordering_key, d.endpoint_id, e.channel,
        d.state, d.due_at, d.behind, d.blocks, d.claimed_at, d.settled_at, d.reason, d.attempts,
        d.started_at, d.duration_ms, d.http_status, d.error, d.excerpt
      FROM outbox_messages m
        LEFT JOIN outbox_deliveries d ON d.tenant_id = m.tenant_id AND d.seq = m.seq AND d.endpoint_id = ?4
        LEFT JOIN outbox_endpoints e ON e.tenant_id = d.tenant_id AND e.id = d.endpoint_id
      WHERE m.tenant_id = ?1 AND m.id = ${messageKey("?1", "?2")} AND m.nonce = ?3`)
    .bind(tenantId, ref.seq, ref.nonce, endpointId);
}

/** A delivery's attempts before a number, newest first. A negative limit: all of them. */
export function selectAttemptsOf(
  db: Database,
  { tenantId, ref, endpointId }: DeliveryRef,
  page: { before: number; limit: number },
): Statement {
  return db
    .prepare(`
      SELECT endpoint_id, n, outcome, started_at, duration_ms, http_status, error, excerpt FROM outbox_attempts
      WHERE tenant_id = ?1 AND seq = ?2 AND endpoint_id = ?4 AND n < ?5
        AND EXISTS (
          SELECT 1 FROM outbox_messages m WHERE m.tenant_id = ?1 AND m.id = ${messageKey("?1", "?2")} AND m.nonce = ?3)
      ORDER BY n DESC LIMIT ?6`)
    .bind(tenantId, ref.seq, ref.nonce, endpointId, page.before, page.limit);
}
