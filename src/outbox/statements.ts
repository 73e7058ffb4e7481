import type { Database, Statement } from "../db/database.ts";
import { LIVE_TENANT } from "../db/live-tenant.ts";
import { messageKey, newestKey, newestSeq } from "../db/message-key.ts";
import { ID_KEY, MESSAGE_ID } from "../db/message-ref.ts";
import { storedPayload, storePayload } from "../db/payload.ts";
import { DIRECT_EMAIL_ENDPOINT } from "../domain/ids.ts";
import type { TraceContext } from "../domain/trace-context.ts";
import { limits } from "../platform/limits.ts";
import type { Draft } from "./message.ts";
import { COMMITTED_COLUMNS, KEY_COLUMNS } from "./rows.ts";
import { domainOf, mayBeSender } from "./senders.ts";

/** Conditions of a commit at its instant. */
export interface Admission {
  tenantId: string;
  now: number;
  /** The token that authorizes it, which must still exist; null for none. */
  tokenId: string | null;
  /** Version of the tenant's event types that checked the payloads; null if there was nothing to check. */
  typesVersion: number | null;
}

/**
 * SQL: the tenant; NULL when it is unknown or deleted, the token is revoked, or the event types have changed. The
 * column `tenant_id` refuses NULL, which aborts the batch with the app's own statements.
 */
const ADMITTED = `(
  SELECT id FROM ${LIVE_TENANT} ?1
    AND (?3 IS NULL OR EXISTS (SELECT 1 FROM outbox_tokens t WHERE t.tenant_id = ?1 AND t.id = ?3 AND t.expires_at > ?2))
    AND (?4 IS NULL OR types_version = ?4))`;

function admissionParams({ tenantId, now, tokenId, typesVersion }: Admission) {
  return [tenantId, now, tokenId, typesVersion];
}

const NEWEST_SEQ = newestSeq("?1");

interface KeyedCommit {
  key: string;
  fingerprint: string;
  messageCount: number;
}

/**
 * Inserts the idempotency key. The primary key refuses a repetition, which aborts the batch. A caller that is not
 * admitted learns nothing of the key, because SQLite checks NOT NULL first.
 */
export function insertIdempotencyKey(db: Database, admission: Admission, commit: KeyedCommit): Statement {
  return db
    .prepare(`
      INSERT INTO outbox_idempotency_keys (tenant_id, key, fingerprint, first_seq, message_count, created_at)
      VALUES (${ADMITTED}, ?5, ?6, ${NEWEST_SEQ} + 1, ?7, ?2)`)
    .bind(...admissionParams(admission), commit.key, commit.fingerprint, commit.messageCount);
}

/**
 * Aborts a batch whose messages make more deliveries than the limit: `named` of them, plus one for each endpoint that
 * subscribes to the event type of a message. Writes nothing otherwise, nor for a caller that is not admitted, whom
 * another statement refuses.
 */
export function refuseTooManyDeliveries(
  db: Database,
  admission: Admission,
  { named, byType, limit }: { named: number; byType: ReadonlyMap<string, number>; limit: number },
): Statement {
  return db
    .prepare(`
      INSERT INTO outbox_deliveries (tenant_id, seq, endpoint_id, payload_bytes, state)
      SELECT ?1, 0, '', NULL, 'pending'
      WHERE ${ADMITTED} IS NOT NULL AND ?6 < ?5 + (
        SELECT coalesce(sum(type.value), 0) FROM outbox_endpoints e JOIN json_each(?7) type
        WHERE e.tenant_id = ?1 AND e.state IN ('enabled', 'paused')
          AND (e.event_types IS NULL OR type.key IN (SELECT value FROM json_each(e.event_types))))`)
    .bind(...admissionParams(admission), named, limit, JSON.stringify(Object.fromEntries(byType)));
}

/**
 * Inserts a message. The nonce is NULL, which its column refuses, if the tenant may not send as its sender.
 * `idempotencyKey`: the commit's, on its first message, so that both are purged together.
 */
export function insertMessage(
  db: Database,
  admission: Admission,
  draft: Draft,
  { idempotencyKey, traceparent, tracestate }: { idempotencyKey: string | null } & TraceContext,
): Statement {
  const { text, gzipped, bytes } = storePayload(draft.payload);
  const { sealed } = draft;
  return db
    .prepare(`
      INSERT INTO outbox_messages (tenant_id, id, nonce, event_type, payload, ordering_key, deliver_at, endpoint_ids,
        idempotency_key, traceparent, tracestate, committed_at, payload_bytes, email_head, sealed, sealed_by)
      VALUES (${ADMITTED}, ${messageKey("?1", `${NEWEST_SEQ} + 1`)}, iif(${mayBeSender("?17", "?18")}, ?5, NULL), ?6, ${storedPayload("?7", "?13")}, ?8, ?9, ?10, ?11, ?12,
        ?16, ?2, ?14, ?15, ?19, ?20)
      RETURNING seq, ${ID_KEY}`)
    .bind(
      ...admissionParams(admission),
      draft.nonce,
      draft.eventType,
      text,
      draft.orderingKey,
      draft.deliverAt,
      draft.endpointIds && JSON.stringify(draft.endpointIds),
      idempotencyKey,
      traceparent,
      gzipped,
      bytes + (sealed?.text.length ?? 0),
      bytes < limits.gzipFromBytes ? null : emailHead(draft),
      tracestate,
      draft.sender,
      domainOf(draft.sender),
      sealed?.text ?? null,
      sealed?.by ?? null,
    );
}

/** The only parts of a payload that lists of e-mails read. */
function emailHead({ endpointIds, payload }: Draft): string | null {
  if (!endpointIds?.includes(DIRECT_EMAIL_ENDPOINT)) return null;
  const { to, subject } = JSON.parse(payload) ?? {};
  return JSON.stringify({ to, subject });
}

/** The endpoints of handlers that are new to a tenant. Writes nothing if they exist. */
export function insertHandlerEndpoints(
  db: Database,
  tenantId: string,
  handlers: readonly { id: string; name: string }[],
  now: number,
): Statement {
  return db
    .prepare(`
      INSERT INTO outbox_endpoints (tenant_id, id, channel, target, event_types, state, description, created_at, updated_at)
      SELECT ?1, value ->> 'id', 'handler', value ->> 'name', '[]', 'enabled', 'The handler ' || (value ->> 'name'), ?3, ?3
      FROM json_each(?2) WHERE true ON CONFLICT DO NOTHING`)
    .bind(tenantId, JSON.stringify(handlers), now);
}

/** Messages of the commit with this idempotency key. */
export function selectIdempotencyKey(db: Database, tenantId: string, key: string): Statement {
  return db
    .prepare(`SELECT ${KEY_COLUMNS} FROM outbox_idempotency_keys k WHERE k.tenant_id = ?1 AND k.key = ?2`)
    .bind(tenantId, key);
}

/** State of the tenant, its event types and the token, to explain why a commit was not admitted. */
export function selectAdmission(db: Database, { tenantId, now, tokenId }: Admission): Statement {
  return db
    .prepare(`
      SELECT state, types_version, ?3 IS NULL OR EXISTS (
        SELECT 1 FROM outbox_tokens t WHERE t.tenant_id = ?1 AND t.id = ?3 AND t.expires_at > ?2) AS authorized
      FROM outbox_tenants WHERE id = ?1`)
    .bind(tenantId, now, tokenId);
}

/** The schemas of the event types that have one. */
export function selectSchemas(db: Database, tenantId: string, eventTypes: readonly string[]): Statement {
  return db
    .prepare(`
      SELECT t.name, t.schema FROM json_each(?2) wanted
        CROSS JOIN outbox_event_types t ON t.tenant_id = ?1 AND t.name = wanted.value
      WHERE t.schema IS NOT NULL`)
    .bind(tenantId, JSON.stringify(eventTypes));
}

/** Named endpoints that the tenant lacks. */
export function selectMissingEndpoints(db: Database, tenantId: string, ids: readonly string[]): Statement {
  return db
    .prepare(`
      SELECT target.value AS id FROM json_each(?2) target
      WHERE NOT EXISTS (
        SELECT 1 FROM outbox_endpoints e WHERE e.tenant_id = ?1 AND e.id = target.value AND e.state <> 'deleted')`)
    .bind(tenantId, JSON.stringify(ids));
}

/** Finds the message of an unanswered commit among the tenant's newest. */
export function selectByNonce(db: Database, tenantId: string, nonce: string): Statement {
  return db
    .prepare(
      `SELECT seq FROM outbox_messages
       WHERE tenant_id = ?1 AND id > ${messageKey("?1", `${NEWEST_SEQ} - 1000`)} AND id <= ${newestKey("?1")} AND nonce = ?2`,
    )
    .bind(tenantId, nonce);
}

export function selectCommitted(db: Database, tenantId: string, firstSeq: number, count: number): Statement {
  return db
    .prepare(`
      SELECT ${MESSAGE_ID}, ${COMMITTED_COLUMNS},
        (SELECT count(*) FROM outbox_deliveries d WHERE d.tenant_id = ?1 AND d.seq = m.seq) AS deliveries
      FROM outbox_messages m
      WHERE m.tenant_id = ?1 AND m.id >= ${messageKey("?1", "?2")} AND m.id < ${messageKey("?1", "?2 + ?3")} ORDER BY m.id`)
    .bind(tenantId, firstSeq, count);
}

/** Deliveries of a commit that are still under its lease, which nobody else knows. */
export function selectLeasedAtCommit(
  db: Database,
  tenantId: string,
  { firstSeq, count, token }: { firstSeq: number; count: number; token: string | null },
): Statement {
  return db
    .prepare(`
      SELECT d.endpoint_id, d.seq, d.ordering_key, d.payload_bytes, d.claims, d.starts, e.channel
      FROM outbox_deliveries d JOIN outbox_endpoints e ON e.tenant_id = d.tenant_id AND e.id = d.endpoint_id
      WHERE d.tenant_id = ?1 AND d.seq >= ?2 AND d.seq < ?2 + ?3 AND d.lease_token = ?4
      ORDER BY d.seq`)
    .bind(tenantId, firstSeq, count, token);
}
