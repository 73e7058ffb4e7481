import type { Database, Statement } from "../../db/database.ts";
import { hoppingEndpoints, KEYED } from "../../db/hopping.ts";
import { messageKey, messageKeyOf } from "../../db/message-key.ts";
import { MESSAGE_ID } from "../../db/message-ref.ts";
import { columnsOf, type RowOf } from "../../db/row.ts";
import type { deliveries, endpoints, messages, tenants, tokens } from "../../db/schema.ts";
import type { MessageIdRow, MessageRef } from "../../domain/message-id.ts";
import { deploymentLimits } from "../../platform/deployment-limits.ts";

/** Tenants to search: one of them, or the next after a number. */
export interface Scope {
  tenantId: string | undefined;
  afterNumber: number;
}

/** SQL: the tenants of a scope, as `owner`, of which ?1 and ?2 are the parameters, in order of their numbers. */
function tenantsOf({ tenantId }: Scope): string {
  const all = `SELECT number, id, name, state, created_at FROM outbox_tenants WHERE`;
  const some = tenantId === undefined ? "number > ?1 ORDER BY number LIMIT ?2" : "id = ?1 AND ?2 > 0";
  return `(${all} ${some}) owner`;
}

function scopeParams({ tenantId, afterNumber }: Scope) {
  return [tenantId ?? afterNumber, deploymentLimits.searched.tenants];
}

/** The largest number of a tenant. */
export interface LastRow {
  last: number;
}

export function selectLastTenant(db: Database): Statement {
  return db.prepare("SELECT coalesce(max(number), 0) AS last FROM outbox_tenants");
}

const LIVE = "owner.state <> 'deleted'";
const OWNER = "owner.number, owner.id AS tenant_id, owner.name AS tenant_name";

/** The tenant of what was found. */
export interface OwnedRow extends RowOf<typeof tenants, "number"> {
  tenant_id: string;
  tenant_name: string | null;
}

const OF_ENDPOINT = ["id", "state", "target", "description", "created_at"] as const;
export interface FoundEndpointRow extends OwnedRow, RowOf<typeof endpoints, (typeof OF_ENDPOINT)[number]> {}

export function selectEndpointsWithId(db: Database, scope: Scope, id: string): Statement {
  return db
    .prepare(`
      SELECT ${OWNER}, ${columnsOf<typeof endpoints>("e", OF_ENDPOINT)}
      FROM ${tenantsOf(scope)} CROSS JOIN outbox_endpoints e ON e.tenant_id = owner.id AND e.id = ?3
      WHERE ${LIVE} AND e.state <> 'deleted' ORDER BY owner.number LIMIT ?4`)
    .bind(...scopeParams(scope), id, deploymentLimits.searched.shown + 1);
}

const OF_TOKEN = ["id", "description", "created_at"] as const;
export interface FoundTokenRow extends OwnedRow, RowOf<typeof tokens, (typeof OF_TOKEN)[number]> {}

export function selectTokensWithId(db: Database, scope: Scope, id: string): Statement {
  return db
    .prepare(`
      SELECT ${OWNER}, ${columnsOf<typeof tokens>("k", OF_TOKEN)}
      FROM ${tenantsOf(scope)} CROSS JOIN outbox_tokens k ON k.tenant_id = owner.id AND k.id = ?3
      WHERE ${LIVE} ORDER BY owner.number LIMIT ?4`)
    .bind(...scopeParams(scope), id, deploymentLimits.searched.shown + 1);
}

const OF_MESSAGE = ["event_type", "ordering_key", "committed_at"] as const;
const MESSAGE = `${MESSAGE_ID}, ${columnsOf<typeof messages>("m", OF_MESSAGE)}`;
export interface FoundMessageRow
  extends OwnedRow,
    MessageIdRow,
    RowOf<typeof messages, (typeof OF_MESSAGE)[number]> {}

/** The message with this reference. Its random part is one tenant's alone. */
export function selectMessageWithRef(db: Database, scope: Scope, { seq, nonce }: MessageRef): Statement {
  return db
    .prepare(`
      SELECT ${OWNER}, ${MESSAGE}
      FROM ${tenantsOf(scope)} CROSS JOIN outbox_messages m ON m.id = ${messageKeyOf("owner.number", "?3")}
      WHERE ${LIVE} AND m.nonce = ?4 AND m.seq = ?3 LIMIT 1`)
    .bind(...scopeParams(scope), seq, nonce);
}

/** A tenant: it is `named` by the word, or it has a commit whose idempotency key is the word, or both. */
export interface FoundWordRow
  extends Omit<FoundMessageRow, "seq">,
    RowOf<typeof tenants, "state" | "created_at"> {
  named: 0 | 1;
  /** Null: there is no such commit, and nothing of a message. */
  seq: number | null;
}

/**
 * Tenants whose id begins with the word, or whose name has it, whatever its capitals; and the first messages of the commits
 * with this idempotency key. `keysOnly`: true for these alone.
 */
export function selectWord(db: Database, scope: Scope, word: string, keysOnly: boolean): Statement {
  const named =
    "(?4 AND (substr(owner.id, 1, length(?3)) = ?3 OR coalesce(instr(lower(owner.name), lower(?3)), 0) > 0))";
  return db
    .prepare(`
      SELECT ${OWNER}, owner.state, owner.created_at, ${named} AS named, ${MESSAGE} FROM ${tenantsOf(scope)}
        LEFT JOIN outbox_idempotency_keys k ON k.tenant_id = owner.id AND k.key = ?3
        LEFT JOIN outbox_messages m ON m.id = ${messageKeyOf("owner.number", "k.first_seq")}
      WHERE ${LIVE} AND (${named} OR m.id IS NOT NULL) ORDER BY owner.number LIMIT ?5`)
    .bind(...scopeParams(scope), word, Number(!keysOnly), deploymentLimits.searched.shown + 1);
}

const OF_DELIVERY = ["endpoint_id", "state"] as const;

/** A delivery, and the number of steps of the hops. */
export interface FoundKeyedRow
  extends FoundMessageRow,
    RowOf<typeof deliveries, (typeof OF_DELIVERY)[number]> {
  hops: number;
}

/** SQL: the endpoints of a tenant ?2 with entries, hopped to. */
const KEYED_OF_TENANT = `
  keyed(tenant_id, endpoint_id) AS (
    SELECT ?2, (
      SELECT min(endpoint_id) FROM outbox_deliveries INDEXED BY ${KEYED.index} WHERE tenant_id = ?2 AND ${KEYED.entry})
    UNION ALL
    SELECT ?2, (
      SELECT min(endpoint_id) FROM outbox_deliveries INDEXED BY ${KEYED.index}
      WHERE tenant_id = ?2 AND endpoint_id > keyed.endpoint_id AND ${KEYED.entry})
    FROM keyed WHERE keyed.endpoint_id IS NOT NULL LIMIT ?1)`;

/** Row of a search that has found nothing. */
export interface HopsRow {
  hops: number;
  number: null;
}

/** Deliveries that are unsettled, or block, under an ordering key. Of every tenant, or of one. */
export function selectKeyedDeliveries(db: Database, tenantId: string | undefined, key: string): Statement {
  const keyed = tenantId === undefined ? hoppingEndpoints("keyed", KEYED, "?1") : KEYED_OF_TENANT;
  return db
    .prepare(`
      WITH RECURSIVE ${keyed},
      hops AS MATERIALIZED (SELECT tenant_id, endpoint_id FROM keyed)
      SELECT hops, found.* FROM (SELECT count(*) AS hops FROM hops) LEFT JOIN (
        SELECT ${OWNER}, ${MESSAGE}, ${columnsOf<typeof deliveries>("d", OF_DELIVERY)}
        FROM hops
          CROSS JOIN outbox_deliveries d INDEXED BY ${KEYED.index}
            ON d.tenant_id = hops.tenant_id AND d.endpoint_id = hops.endpoint_id AND d.ordering_key = ?3 AND d.blocks = 1
          CROSS JOIN outbox_tenants owner ON owner.id = d.tenant_id
          CROSS JOIN outbox_messages m ON m.id = ${messageKeyOf("owner.number", "d.seq")}
        WHERE ${LIVE} AND (?2 IS NULL OR d.tenant_id = ?2) LIMIT ?4) found`)
    .bind(deploymentLimits.searched.hops, tenantId ?? null, key, deploymentLimits.searched.deliveries + 1);
}

/** Number of messages that were looked at, and the sequence number of the last. */
export interface LookedRow {
  looked: number;
  last: number | null;
}

/** SQL: a tenant's newest messages before a sequence number. ?1: the tenant; ?2: that number; ?3: how many. */
const NEWEST = `
  outbox_messages WHERE tenant_id = ?1 AND id >= ${messageKey("?1", "0")} AND id < ${messageKey("?1", "?2")}
  ORDER BY id DESC LIMIT ?3`;

export function selectLooked(db: Database, tenantId: string, before: number): Statement {
  return db
    .prepare(`SELECT count(*) AS looked, min(seq) AS last FROM (SELECT seq FROM ${NEWEST})`)
    .bind(tenantId, before, deploymentLimits.messagesSearched);
}

/** Messages with an ordering key, of a tenant's newest before a sequence number. */
export function selectMessagesWithKey(
  db: Database,
  tenantId: string,
  before: number,
  key: string,
): Statement {
  return db
    .prepare(`
      SELECT ${OWNER}, ${MESSAGE}
      FROM (SELECT id, ordering_key FROM ${NEWEST}) looked
        CROSS JOIN outbox_messages m ON m.id = looked.id CROSS JOIN outbox_tenants owner ON owner.id = ?1
      WHERE looked.ordering_key = ?4 ORDER BY looked.id DESC LIMIT ?5`)
    .bind(tenantId, before, deploymentLimits.messagesSearched, key, deploymentLimits.searched.shown + 1);
}

/** Size of a message's payload: stored, and as JSON. */
export interface SizeRow extends RowOf<typeof messages, "payload_bytes"> {
  seq: number;
  stored_bytes: number;
  gzipped: 0 | 1;
}

/** Sizes of a tenant's newest messages before a sequence number. */
export function selectSizes(db: Database, tenantId: string, before: number): Statement {
  return db
    .prepare(`
      SELECT seq, payload_bytes, octet_length(payload) AS stored_bytes, typeof(payload) = 'blob' AS gzipped FROM ${NEWEST}`)
    .bind(tenantId, before, deploymentLimits.messagesSearched);
}

/** A message whose payload has the text, or may have it: `payload` is gzipped, in hexadecimal. */
export interface PayloadRow extends FoundMessageRow {
  payload: string | null;
}

/** Messages between two sequence numbers whose payload has this text, and those whose payload is gzipped. */
export function selectPayloadsWith(
  db: Database,
  tenantId: string,
  { first, last }: { first: number; last: number },
  text: string,
): Statement {
  return db
    .prepare(`
      SELECT ${OWNER}, ${MESSAGE}, iif(typeof(m.payload) = 'blob', hex(m.payload), NULL) AS payload
      FROM outbox_tenants owner
        CROSS JOIN outbox_messages m ON m.id >= ${messageKeyOf("owner.number", "?2")} AND m.id <= ${messageKeyOf("owner.number", "?3")}
      WHERE owner.id = ?1 AND (typeof(m.payload) = 'blob' OR instr(m.payload, ?4) > 0) ORDER BY m.id DESC`)
    .bind(tenantId, first, last, text);
}
