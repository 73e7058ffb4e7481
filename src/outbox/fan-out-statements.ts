import type { Database, Statement } from "../db/database.ts";
import { earlierBlocks } from "../db/earlier-of-key.ts";
import { messageKey, newestKey, newestSeq } from "../db/message-key.ts";

/** SQL: a delivery of a message `m` to an endpoint `e`, behind the earlier ones of its ordering key. */
const NEW_DELIVERY = `
  INSERT INTO outbox_deliveries (tenant_id, seq, endpoint_id, ordering_key, payload_bytes, state, due_at, blocks, behind)
  SELECT m.tenant_id, m.seq, e.id, m.ordering_key, m.payload_bytes, 'pending',
    max(coalesce(m.deliver_at, 0), m.committed_at), m.ordering_key IS NOT NULL,
    m.ordering_key IS NOT NULL AND (
      row_number() OVER (PARTITION BY e.id, m.ordering_key ORDER BY m.seq) > 1
      OR ${earlierBlocks("m", "e.id")})`;

/** SQL: the last `?2` messages of a tenant, which stand before in the same batch. */
const JUST_INSERTED = `
  m.tenant_id = ?1 AND m.id > ${messageKey("?1", `${newestSeq("?1")} - ?2`)} AND m.id <= ${newestKey("?1")}`;

/** A delivery of each of the last `count` messages to each endpoint that subscribes to its event type. */
export function fanOutByEventType(db: Database, tenantId: string, count: number): Statement {
  return db
    .prepare(`${NEW_DELIVERY}
      FROM outbox_messages m JOIN outbox_endpoints e ON e.tenant_id = m.tenant_id AND e.state IN ('enabled', 'paused')
        AND (e.event_types IS NULL OR m.event_type IN (SELECT value FROM json_each(e.event_types)))
      WHERE ${JUST_INSERTED} AND m.endpoint_ids IS NULL
      RETURNING seq`)
    .bind(tenantId, count);
}

/**
 * A delivery of each of the last `count` messages to each endpoint that it names. A missing endpoint makes
 * `endpoint_id` NULL, which is refused.
 */
export function fanOutToTargets(db: Database, tenantId: string, count: number): Statement {
  return db
    .prepare(`${NEW_DELIVERY}
      FROM outbox_messages m JOIN json_each(m.endpoint_ids) target
        LEFT JOIN outbox_endpoints e ON e.tenant_id = m.tenant_id AND e.id = target.value AND e.state <> 'deleted'
      WHERE ${JUST_INSERTED} AND m.endpoint_ids IS NOT NULL
      RETURNING seq`)
    .bind(tenantId, count);
}

/** A delivery of each of the last `count` messages to each handler of this Worker that subscribes to its event type. */
export function fanOutToHandlers(
  db: Database,
  tenantId: string,
  count: number,
  subscriptions: readonly { eventType: string; endpointId: string }[],
): Statement {
  return db
    .prepare(`${NEW_DELIVERY}
      FROM outbox_messages m JOIN json_each(?3) one ON one.value ->> 'eventType' = m.event_type
        JOIN outbox_endpoints e ON e.tenant_id = m.tenant_id AND e.id = one.value ->> 'endpointId' AND e.state <> 'deleted'
      WHERE ${JUST_INSERTED} AND m.endpoint_ids IS NULL
      RETURNING seq`)
    .bind(tenantId, count, JSON.stringify(subscriptions));
}

/** Deliveries of the announcements made. */
export function fanOutAnnouncements(db: Database, tenantId: string, nonces: readonly string[]): Statement {
  return db
    .prepare(`${NEW_DELIVERY}
      FROM outbox_messages m JOIN json_each(m.endpoint_ids) target
        JOIN outbox_endpoints e ON e.tenant_id = m.tenant_id AND e.id = target.value
      WHERE ${JUST_INSERTED} AND m.nonce IN (SELECT value FROM json_each(?3))
      RETURNING seq`)
    .bind(tenantId, nonces.length, JSON.stringify(nonces));
}
