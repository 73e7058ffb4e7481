import type { Database, Statement } from "../db/database.ts";
import { firstDueAt, SERVABLE_AT } from "../db/first-due.ts";
import { messageKey, newestKey } from "../db/message-key.ts";
import type { RowOf } from "../db/row.ts";
import type { endpoints, tenants } from "../db/schema.ts";
import { limits } from "../platform/limits.ts";

/** SQL: CTEs that hop through an index: from tenant to tenant, and for each from one endpoint to the next that has an entry in it. */
function hopping(name: string, entry: string): string {
  const first = (column: string, where: string) =>
    `(SELECT min(${column}) FROM outbox_deliveries WHERE ${where} ${entry})`;
  return `
    ${name}_tenants(tenant_id) AS (
      SELECT ${first("tenant_id", "")} UNION ALL
      SELECT ${first("tenant_id", `tenant_id > ${name}_tenants.tenant_id AND`)}
      FROM ${name}_tenants WHERE ${name}_tenants.tenant_id IS NOT NULL),
    ${name}(tenant_id, endpoint_id) AS (
      SELECT tenant_id, ${first("endpoint_id", `tenant_id = ${name}_tenants.tenant_id AND`)}
      FROM ${name}_tenants WHERE tenant_id IS NOT NULL UNION ALL
      SELECT tenant_id, ${first("endpoint_id", `tenant_id = ${name}.tenant_id AND endpoint_id > ${name}.endpoint_id AND`)}
      FROM ${name} WHERE ${name}.endpoint_id IS NOT NULL)`;
}

/**
 * Tenants that have deliveries due before `before`, to endpoints that are neither paused nor disabled; nor due are those
 * that a breaker or a rate limit holds back until later. Overdue too are keys that an endpoint has not let go since its
 * order was changed. Reads some rows for each endpoint with something unsettled, not the backlog.
 *
 * Longest overdue first. `turn`, from 0 to 1, is where in that order it begins, going round: so that of more than `limit`
 * each has its turn. Counted in each row are all of them, and those that are due before `lateBefore`.
 */
export function selectOverdueTenants(
  db: Database,
  before: number,
  limit: number,
  { turn = 0, lateBefore = before }: { turn?: number; lateBefore?: number } = {},
): Statement {
  return db
    .prepare(`
      WITH RECURSIVE ${hopping("due", "due_at IS NOT NULL AND behind = 0")},
      ${hopping("stuck", "state = 'dead' AND blocks = 1")},
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

/** How far a tenant's purge has come: after which sequence number it goes on, and how many messages it has removed. */
export type Cursor = RowOf<typeof tenants, (typeof OF_CURSOR)[number]>;

/** Whose messages are to be looked through, longest overdue first; and how far that has come. */
export function selectPurgeDue(db: Database, now: number, limit: number): Statement {
  return db
    .prepare(
      `SELECT ${OF_CURSOR.join(", ")} FROM outbox_tenants WHERE purge_at <= ?1 ORDER BY purge_at LIMIT ?2`,
    )
    .bind(now, limit);
}

/** Messages settled before an instant go, dead ones before another. */
export interface Cutoffs {
  settledBefore: number;
  deadBefore: number;
}

/**
 * The next messages of a tenant that are old enough to be looked at, up to `last`: so few that one transaction can remove
 * them with all that hangs on them. One at least, if there is any.
 */
export function selectPurgeRange(db: Database, { id, purge_after }: Cursor, { settledBefore }: Cutoffs) {
  return db
    .prepare(`
      SELECT count(*) AS messages, max(seq) AS last
      FROM (
        SELECT seq, max(committed_at) OVER up_to AS newest, sum(weight) OVER up_to - weight AS weight_before
        FROM (
          SELECT m.seq, m.committed_at, octet_length(m.payload) / 4096 + (
            SELECT coalesce(sum(1 + d.attempts), 0) FROM outbox_deliveries d WHERE d.tenant_id = ?1 AND d.seq = m.seq) AS weight
          FROM outbox_messages m WHERE m.tenant_id = ?1 AND m.id > ${messageKey("?1", "?2")} AND m.id <= ${newestKey("?1")}
          ORDER BY m.id LIMIT ?4
        )
        WINDOW up_to AS (ORDER BY seq)
      )
      WHERE newest < ?3 AND weight_before < ?5`)
    .bind(id, purge_after, settledBefore, limits.messagesPerPurgeStep, limits.weightPerPurgeStep);
}

/** Of a tenant: the `messages` after the cursor up to `last`, as they were read, and what of them is past retention. */
interface PurgeStep {
  cursor: Cursor;
  messages: number;
  last: number;
  cutoffs: Cutoffs;
}

/** The cursor stands where it was read, and nothing was removed since. A step that is repeated finds it moved. */
const NOT_MOVED = "EXISTS (SELECT 1 FROM outbox_tenants WHERE id = ?1 AND purge_after = ?2 AND purged = ?3)";

/** The newest stays, because the next one's sequence number is made from it. */
const PURGEABLE = `
  tenant_id = ?1 AND id > ${messageKey("?1", "?2")} AND id <= ${messageKey("?1", "?4")} AND committed_at < ?5 AND ${NOT_MOVED}
  AND id <> ${newestKey("?1")}
  AND NOT EXISTS (
    SELECT 1 FROM outbox_deliveries d WHERE d.tenant_id = ?1 AND d.seq = outbox_messages.seq
      AND (d.settled_at IS NULL OR d.blocks = 1 OR d.settled_at >= iif(d.state = 'dead', ?6, ?5)))`;

function purgeableParams({ cursor, last, cutoffs }: PurgeStep) {
  return [cursor.id, cursor.purge_after, cursor.purged, last, cutoffs.settledBefore, cutoffs.deadBefore];
}

/** Before the messages go: their rows say which keys they are. */
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

/** What hung on the messages that have gone. */
export function purgeRest(
  db: Database,
  table: "outbox_deliveries" | "outbox_attempts",
  { cursor, last }: PurgeStep,
) {
  return db
    .prepare(`
      DELETE FROM ${table} WHERE tenant_id = ?1 AND seq > ?2 AND seq <= ?3
        AND NOT EXISTS (SELECT 1 FROM outbox_messages m WHERE m.tenant_id = ?1 AND m.id = ${messageKey("?1", `${table}.seq`)})`)
    .bind(cursor.id, cursor.purge_after, last);
}

/** Removed are as many as were read, less those that are left. From now on others come first. */
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

/** What was counted before a day. */
export function purgeUsage(db: Database, tenantId: string, day: number): Statement {
  return db.prepare("DELETE FROM outbox_usage WHERE tenant_id = ?1 AND day < ?2").bind(tenantId, day);
}

/** Some of the keys of requests that came before an instant. */
export function purgeRequestKeys(db: Database, tenantId: string, before: number): Statement {
  return db
    .prepare(`
      DELETE FROM outbox_request_keys WHERE tenant_id = ?1 AND key IN (
        SELECT old.key FROM outbox_request_keys old WHERE old.tenant_id = ?1 AND old.created_at < ?2 LIMIT ?3)`)
    .bind(tenantId, before, limits.requestKeysPerPurgeStep);
}

/** The oldest audit entries made before an instant, whosever. */
export function purgeAudit(db: Database, before: number): Statement {
  return db
    .prepare(`
      DELETE FROM outbox_audit WHERE (tenant_id, at, id) IN (
        SELECT old.tenant_id, old.at, old.id FROM outbox_audit old INDEXED BY outbox_audit_at
        WHERE old.at < ?1 ORDER BY old.at LIMIT ?2)
      RETURNING id`)
    .bind(before, limits.requestKeysPerPurgeStep);
}

/** From the first message again, at an instant; at once if there are keys left of requests that came before another. */
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

/** An endpoint's secrets as they stand in D1. */
export interface SealedRow extends RowOf<typeof endpoints, "tenant_id" | "id" | (typeof SEALED)[number]> {
  secret: string;
}

/**
 * Endpoints whose secrets are not all under a key: first those that nobody has tried to open, then those that did not
 * open before an instant, then those under another key. Each part is a stretch of the index.
 */
export function selectToReseal(db: Database, keyId: string, triedBefore: string, limit: number): Statement {
  const stretch = (condition: string) => `
    SELECT tenant_id, id, ${SEALED.join(", ")}
    FROM outbox_endpoints INDEXED BY outbox_endpoints_sealed WHERE secret IS NOT NULL AND ${condition}`;
  const stretches = [
    "sealed_by IS NULL",
    "sealed_by >= '!' AND sealed_by < ?2",
    // After every mark, and before every name of a key.
    "sealed_by >= '-' AND sealed_by < ?1",
    "sealed_by > ?1",
  ];
  return db.prepare(`${stretches.map(stretch).join(" UNION ALL ")} LIMIT ?3`).bind(keyId, triedBefore, limit);
}

/** What is written in place of a row's secrets. */
export type Resealed = Pick<SealedRow, (typeof SEALED)[number]>;

/** Changes nothing when somebody else has changed the secrets since they were read. */
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
