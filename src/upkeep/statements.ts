import type { Database, Statement } from "../db/database.ts";
import { firstDueAt, SERVABLE_AT } from "../db/first-due.ts";
import { DEAD_HEADS_OF_ENDPOINTS, DUE, hoppingEndpoints } from "../db/hopping.ts";
import { messageKey, newestKey } from "../db/message-key.ts";
import type { RowOf } from "../db/row.ts";
import type { endpoints, tenants } from "../db/schema.ts";
import { limits } from "../platform/limits.ts";
import { UNDER_OTHER_KEYS } from "./reseal-mark.ts";

/**
 * Tenants with deliveries due before `before`, to endpoints that are neither paused nor disabled. Deliveries that a breaker
 * or a rate limit holds back are due later; keys that a lenient endpoint has yet to release are due, too. Reads some rows for
 * each endpoint with unsettled deliveries, not the backlog.
 *
 * Longest overdue first. `turn`, from 0 to 1, is the point in that order at which the answer begins, going round, so that
 * each of more than `limit` tenants has its turn. Each row counts all these tenants, and those due before `lateBefore`.
 */
export function selectOverdueTenants(
  db: Database,
  before: number,
  limit: number,
  { turn = 0, lateBefore = before }: { turn?: number; lateBefore?: number } = {},
): Statement {
  return db
    .prepare(`
      WITH RECURSIVE ${hoppingEndpoints("due", DUE)},
      ${hoppingEndpoints("stuck", DEAD_HEADS_OF_ENDPOINTS)},
      unsettled AS (
        SELECT e.tenant_id, max(${firstDueAt("e.tenant_id", "e.id")}, iif(e.state = 'deleted', 0, ${SERVABLE_AT})) AS due_at
        FROM due CROSS JOIN outbox_endpoints e ON e.tenant_id = due.tenant_id AND e.id = due.endpoint_id
          CROSS JOIN outbox_tenants t ON t.id = due.tenant_id
        WHERE e.state = 'deleted' OR (e.state = 'enabled' AND t.state = 'active')
        UNION ALL
        SELECT e.tenant_id, e.updated_at
        FROM stuck CROSS JOIN outbox_endpoints e ON e.tenant_id = stuck.tenant_id AND e.id = stuck.endpoint_id
        WHERE e.ordering = 'lenient'
      ),
      overdue AS MATERIALIZED (
        SELECT tenant_id, min(due_at) AS due_at, row_number() OVER (ORDER BY min(due_at), tenant_id) - 1 AS place,
          count(*) OVER () AS tenants, sum(min(due_at) < ?4) OVER () AS late, min(min(due_at)) OVER () AS oldest_due_at
        FROM unsettled WHERE due_at < ?1 GROUP BY tenant_id
      )
      SELECT tenant_id, due_at, tenants, late, oldest_due_at FROM overdue
      ORDER BY (place - CAST(tenants * ?3 AS INTEGER) + tenants) % tenants LIMIT ?2`)
    .bind(before, limit, turn, lateBefore);
}

const OF_CURSOR = ["id", "purge_after", "purged"] as const;

/** Progress of a tenant's purge: the sequence number after which it goes on, and the number of messages removed. */
export type Cursor = RowOf<typeof tenants, (typeof OF_CURSOR)[number]>;

/** Tenants whose purge is due, longest overdue first, with its progress. */
export function selectPurgeDue(db: Database, now: number, limit: number): Statement {
  return db
    .prepare(
      `SELECT ${OF_CURSOR.join(", ")} FROM outbox_tenants WHERE purge_at <= ?1 ORDER BY purge_at LIMIT ?2`,
    )
    .bind(now, limit);
}

/** Instants before which settled messages are removed, and messages with a dead delivery. */
export interface Cutoffs {
  settledBefore: number;
  deadBefore: number;
}

/**
 * The tenant's next messages of sufficient age, up to `last`: few enough that one transaction can remove them with their
 * deliveries and attempts, and at least one if there is any.
 */
export function selectPurgeRange(db: Database, { id, purge_after }: Cursor, { settledBefore }: Cutoffs) {
  return db
    .prepare(`
      SELECT count(*) AS messages, max(seq) AS last
      FROM (
        SELECT seq, max(committed_at) OVER up_to AS newest, sum(weight) OVER up_to - weight AS weight_before
        FROM (
          SELECT m.seq, m.committed_at, octet_length(m.payload) / 4096 + (
            SELECT coalesce(sum(1 + d.attempts), 0) FROM outbox_deliveries d WHERE d.tenant_id = ?1 AND d.seq = m.seq) + (
            SELECT count(*) FROM outbox_email_events x WHERE x.tenant_id = ?1 AND x.seq = m.seq) AS weight
          FROM outbox_messages m WHERE m.tenant_id = ?1 AND m.id > ${messageKey("?1", "?2")} AND m.id <= ${newestKey("?1")}
          ORDER BY m.id LIMIT ?4
        )
        WINDOW up_to AS (ORDER BY seq)
      )
      WHERE newest < ?3 AND weight_before < ?5`)
    .bind(id, purge_after, settledBefore, limits.messagesPerPurgeStep, limits.weightPerPurgeStep);
}

/** Step of a purge: the number of `messages` read after the cursor, up to `last`, and the cutoffs of their retention. */
export interface PurgeStep {
  cursor: Cursor;
  messages: number;
  last: number;
  cutoffs: Cutoffs;
}

/** SQL: the cursor has not moved since it was read, and nothing was removed. A repeated step finds it moved. */
const NOT_MOVED = "EXISTS (SELECT 1 FROM outbox_tenants WHERE id = ?1 AND purge_after = ?2 AND purged = ?3)";

/** SQL: messages past retention. The newest stays, because the next sequence number is made from it. */
const PURGEABLE = `
  tenant_id = ?1 AND id > ${messageKey("?1", "?2")} AND id <= ${messageKey("?1", "?4")} AND committed_at < ?5 AND ${NOT_MOVED}
  AND id <> ${newestKey("?1")}
  AND NOT EXISTS (
    SELECT 1 FROM outbox_deliveries d WHERE d.tenant_id = ?1 AND d.seq = outbox_messages.seq
      AND (d.settled_at IS NULL OR d.blocks = 1 OR d.settled_at >= iif(d.state = 'dead', ?6, ?5)))`;

function purgeableParams({ cursor, last, cutoffs }: PurgeStep) {
  return [cursor.id, cursor.purge_after, cursor.purged, last, cutoffs.settledBefore, cutoffs.deadBefore];
}

/** Removes the idempotency keys of messages, before the messages: their rows name the keys. */
export function purgeIdempotencyKeys(db: Database, step: PurgeStep): Statement {
  return db
    .prepare(`
      DELETE FROM outbox_idempotency_keys WHERE tenant_id = ?1
        AND key IN (SELECT idempotency_key FROM outbox_messages WHERE ${PURGEABLE} AND idempotency_key IS NOT NULL)`)
    .bind(...purgeableParams(step));
}

export function purgeMessages(db: Database, step: PurgeStep): Statement {
  return db.prepare(`DELETE FROM outbox_messages WHERE ${PURGEABLE}`).bind(...purgeableParams(step));
}

/** Removes the deliveries, the attempts or what came back of the removed messages. */
export function purgeRest(
  db: Database,
  table: "outbox_deliveries" | "outbox_attempts" | "outbox_email_events",
  { cursor, last }: PurgeStep,
) {
  return db
    .prepare(`
      DELETE FROM ${table} WHERE tenant_id = ?1 AND seq > ?2 AND seq <= ?3
        AND NOT EXISTS (SELECT 1 FROM outbox_messages m WHERE m.tenant_id = ?1 AND m.id = ${messageKey("?1", `${table}.seq`)})`)
    .bind(cursor.id, cursor.purge_after, last);
}

/** Moves the cursor, and puts the tenant behind the others. The number removed is the number read less those left. */
export function movePurgeOn(db: Database, { cursor, messages, last }: PurgeStep, now: number): Statement {
  return db
    .prepare(`
      UPDATE outbox_tenants SET purge_after = ?4, purge_at = ?6,
        purged = purged + ?5 - (
          SELECT count(*) FROM outbox_messages
          WHERE tenant_id = ?1 AND id > ${messageKey("?1", "?2")} AND id <= ${messageKey("?1", "?4")})
      WHERE id = ?1 AND purge_after = ?2 AND purged = ?3 RETURNING ${OF_CURSOR.join(", ")}`)
    .bind(cursor.id, cursor.purge_after, cursor.purged, last, messages, now);
}

export function purgeExpiredTokens(db: Database, tenantId: string, now: number): Statement {
  return db
    .prepare("DELETE FROM outbox_tokens WHERE tenant_id = ?1 AND expires_at <= ?2")
    .bind(tenantId, now);
}

/** Removes some of the suppressions that have been over since an instant. */
export function purgeSuppressions(db: Database, tenantId: string, before: number): Statement {
  return db
    .prepare(`
      DELETE FROM outbox_suppressions WHERE tenant_id = ?1 AND address IN (
        SELECT old.address FROM outbox_suppressions old WHERE old.tenant_id = ?1 AND old.until < ?2 LIMIT ?3)`)
    .bind(tenantId, before, limits.suppressionsPerPurgeStep);
}

/** Removes events that have waited too long for their e-mail, and all but the newest. Answers the removed ones. */
export function purgeUnmatched(db: Database, before: number): Statement {
  return db
    .prepare(`
      DELETE FROM outbox_email_unmatched WHERE received_at < ?1 OR id IN (
        SELECT id FROM outbox_email_unmatched ORDER BY received_at DESC, id LIMIT -1 OFFSET ?2)
      RETURNING id`)
    .bind(before, limits.emailUnmatchedKept);
}

/** Removes the counts of usage before a day. */
export function purgeUsage(db: Database, tenantId: string, day: number): Statement {
  return db.prepare("DELETE FROM outbox_usage WHERE tenant_id = ?1 AND day < ?2").bind(tenantId, day);
}

/** Removes some of the keys of requests made before an instant. */
export function purgeRequestKeys(db: Database, tenantId: string, before: number): Statement {
  return db
    .prepare(`
      DELETE FROM outbox_request_keys WHERE tenant_id = ?1 AND key IN (
        SELECT old.key FROM outbox_request_keys old WHERE old.tenant_id = ?1 AND old.created_at < ?2 LIMIT ?3)`)
    .bind(tenantId, before, limits.requestKeysPerPurgeStep);
}

/** Removes the oldest audit entries made before an instant, of any tenant. */
export function purgeAudit(db: Database, before: number): Statement {
  return db
    .prepare(`
      DELETE FROM outbox_audit WHERE (tenant_id, at, id) IN (
        SELECT old.tenant_id, old.at, old.id FROM outbox_audit old INDEXED BY outbox_audit_at
        WHERE old.at < ?1 ORDER BY old.at LIMIT ?2)
      RETURNING id`)
    .bind(before, limits.requestKeysPerPurgeStep);
}

/** Restarts a purge from the first message at an instant, or at once while request keys from before `keysBefore` are left. */
export function restartPurge(db: Database, cursor: Cursor, at: number, keysBefore: number): Statement {
  return db
    .prepare(`
      UPDATE outbox_tenants
      SET purge_after = 0, purge_at = iif(
        EXISTS (SELECT 1 FROM outbox_request_keys WHERE tenant_id = ?1 AND created_at < ?4), purge_at, ?3)
      WHERE id = ?1 AND purge_after = ?2`)
    .bind(cursor.id, cursor.purge_after, at, keysBefore);
}

const SEALED = ["secret", "previous_secrets", "secret_headers", "sealed_by"] as const;

/** Row of an endpoint's sealed secrets. */
export interface SealedRow extends RowOf<typeof endpoints, "tenant_id" | "id" | (typeof SEALED)[number]> {
  secret: string;
}

/**
 * Endpoints with secrets under other keys: first those that no run has tried, then those that failed to open before an
 * instant, then those under a known key. Each part is a stretch of the index.
 */
export function selectToReseal(db: Database, keyId: string, triedBefore: string, limit: number): Statement {
  const stretch = (condition: string) => `
    SELECT tenant_id, id, ${SEALED.join(", ")}
    FROM outbox_endpoints INDEXED BY outbox_endpoints_sealed WHERE secret IS NOT NULL AND ${condition}`;
  const stretches = ["sealed_by IS NULL", ...UNDER_OTHER_KEYS];
  return db.prepare(`${stretches.map(stretch).join(" UNION ALL ")} LIMIT ?3`).bind(keyId, triedBefore, limit);
}

/** New values of a row's secrets. */
export type Resealed = Pick<SealedRow, (typeof SEALED)[number]>;

/** Changes nothing if the secrets were changed since they were read. */
export function writeResealed(db: Database, read: SealedRow, next: Resealed): Statement {
  return db
    .prepare(`
      UPDATE outbox_endpoints SET secret = ?3, previous_secrets = ?4, secret_headers = ?5, sealed_by = ?6
      WHERE tenant_id = ?1 AND id = ?2
        AND secret = ?7 AND previous_secrets IS ?8 AND secret_headers IS ?9 AND sealed_by IS ?10
      RETURNING id`)
    .bind(
      read.tenant_id,
      read.id,
      next.secret,
      next.previous_secrets,
      next.secret_headers,
      next.sealed_by,
      read.secret,
      read.previous_secrets,
      read.secret_headers,
      read.sealed_by,
    );
}
