import type { Database, Statement } from "../db/database.ts";
import { earlierBlocks } from "../db/earlier-of-key.ts";
import { messageKey, newestKey, newestSeq } from "../db/message-key.ts";
import { SENDING_STATE } from "../db/sending-state.ts";
import { limits } from "../platform/limits.ts";
import type { CommitLease } from "./commit-lease.ts";

/** SQL: deliveries of a tenant that are under way, or wait for their due instant. */
const UNSETTLED = `
  FROM outbox_deliveries d INDEXED BY outbox_deliveries_due
  WHERE d.tenant_id = ?1 AND d.due_at IS NOT NULL AND d.behind = 0`;

const { endpoints: ENDPOINTS, deliveries: DELIVERIES, looked: LOOKED } = limits.leasedAtCommit;

/** SQL: a bounded number of those. */
const LOOKED_AT = `(SELECT d.state, d.endpoint_id ${UNSETTLED} LIMIT ${LOOKED})`;

/** SQL: true if the tenant has few deliveries under way. Takes those it did not see to be many. */
const HAS_FEW_UNDER_WAY = `(SELECT count(*) < ${LOOKED} AND total(state = 'leased') < ${ENDPOINTS} FROM ${LOOKED_AT})`;

/**
 * SQL: 1 if the commit leases a delivery `one`: nothing stands before it at its endpoint or in its ordering key, and its tenant
 * has little under way. All else is left to the relay, which knows how fast an endpoint is, and packs e-mails together.
 */
const isLeased = (lease: string) => `
  coalesce(${lease} IS NOT NULL AND one.is_ready AND one.number <= ${DELIVERIES} AND one.endpoint <= ${ENDPOINTS}
    AND one.place <= ${limits.keyRun} AND NOT one.is_blocked
    AND EXISTS (SELECT 1 FROM json_each(${lease} -> 'channels') WHERE value = one.channel)
    AND NOT EXISTS (
      SELECT 1 ${UNSETTLED} AND d.endpoint_id = one.endpoint_id AND d.state = 'pending' AND d.due_at <= one.committed_at)
    AND ${HAS_FEW_UNDER_WAY}
    AND (one.channel <> 'email' OR one.endpoint_id NOT IN (SELECT endpoint_id FROM ${LOOKED_AT} WHERE state = 'leased')), 0)`;

/** SQL: true if the endpoint of a new delivery is sent to. Otherwise it waits to be resumed or enabled, which wakes the relay. */
const IS_SENT_TO = `EXISTS (
  SELECT 1 FROM outbox_endpoints e JOIN outbox_tenants t ON t.id = e.tenant_id
  WHERE e.tenant_id = ?1 AND e.id = endpoint_id AND ${SENDING_STATE} = 'enabled')`;

/**
 * SQL: inserts a delivery of each message `m` to each endpoint `e`, behind the earlier ones of its ordering key. `from` joins
 * them; `lease` is the parameter of a `CommitLease`, or NULL.
 */
function insertDeliveries(from: string, lease = "NULL"): string {
  const ifLeased = (value: string, otherwise = "NULL") => `iif(is_leased, ${value}, ${otherwise})`;
  const toHandOver = (value: string, name: string) => `iif(lease_token IS NULL, NULL, ${value}) AS ${name}`;
  return `
    WITH made AS MATERIALIZED (
      SELECT *, ${isLeased(lease)} AS is_leased FROM (
        SELECT m.seq, e.id AS endpoint_id, m.ordering_key, m.payload_bytes, m.committed_at,
          max(coalesce(m.deliver_at, 0), m.committed_at) AS due_at,
          row_number() OVER (ORDER BY m.seq) AS number, dense_rank() OVER (ORDER BY e.id) AS endpoint,
          iif(m.ordering_key IS NULL, 1, row_number() OVER (PARTITION BY e.id, m.ordering_key ORDER BY m.seq)) AS place,
          m.ordering_key IS NOT NULL AND ${earlierBlocks("m", "e.id")} AS is_blocked, e.channel,
          e.state = 'enabled' AND e.held_until IS NULL AND e.failing_since IS NULL
            AND e.rate_limit IS NULL AND e.max_concurrency IS NULL
            AND coalesce(m.deliver_at, 0) <= m.committed_at
            AND (SELECT state FROM outbox_tenants WHERE id = ?1) = 'active' AS is_ready
        ${from}
      ) one
    )
    INSERT INTO outbox_deliveries (tenant_id, seq, endpoint_id, ordering_key, payload_bytes, state, due_at, blocks, behind,
      lease_token, claims, claimed_at, was_due_at)
    SELECT ?1, seq, endpoint_id, ordering_key, payload_bytes, ${ifLeased("'leased'", "'pending'")},
      ${ifLeased(`committed_at + (${lease} ->> 'ms')`, "due_at")}, ordering_key IS NOT NULL,
      ${ifLeased("0", "ordering_key IS NOT NULL AND (place > 1 OR is_blocked)")},
      ${ifLeased(`${lease} ->> 'token'`)}, is_leased, ${ifLeased("committed_at")}, ${ifLeased("due_at")}
    FROM made WHERE true
    RETURNING seq, iif(lease_token IS NULL AND behind = 0 AND ${IS_SENT_TO}, due_at, NULL) AS waits_until,
      ${toHandOver("endpoint_id", "endpoint_id")}, ${toHandOver("ordering_key", "ordering_key")},
      ${toHandOver("payload_bytes", "payload_bytes")}, claims, starts,
      ${toHandOver("(SELECT channel FROM outbox_endpoints e WHERE e.tenant_id = ?1 AND e.id = endpoint_id)", "channel")}`;
}

/** SQL: the last `?2` messages of a tenant, which stand before in the same batch. */
const JUST_INSERTED = `
  m.tenant_id = ?1 AND m.id > ${messageKey("?1", `${newestSeq("?1")} - ?2`)} AND m.id <= ${newestKey("?1")}`;

/** Messages of a batch to fan out: the tenant's last `count`. */
interface JustInserted {
  tenantId: string;
  count: number;
  lease: CommitLease | undefined;
}

/** Fans out with the lease of their commit: `?3`. Further parameters of `from` begin with `?4`. */
function fanOut(
  db: Database,
  { tenantId, count, lease }: JustInserted,
  from: string,
  ...more: readonly string[]
): Statement {
  const given = lease ? JSON.stringify(lease) : null;
  return db.prepare(insertDeliveries(from, "?3")).bind(tenantId, count, given, ...more);
}

/** A delivery of each of the last `count` messages to each endpoint that subscribes to its event type. */
export function fanOutByEventType(db: Database, inserted: JustInserted): Statement {
  const from = `
    FROM outbox_messages m JOIN outbox_endpoints e ON e.tenant_id = m.tenant_id AND e.state IN ('enabled', 'paused')
      AND (e.event_types IS NULL OR m.event_type IN (SELECT value FROM json_each(e.event_types)))
    WHERE ${JUST_INSERTED} AND m.endpoint_ids IS NULL`;
  return fanOut(db, inserted, from);
}

/**
 * A delivery of each of the last `count` messages to each endpoint that it names. A missing endpoint makes
 * `endpoint_id` NULL, which is refused.
 */
export function fanOutToTargets(db: Database, inserted: JustInserted): Statement {
  const from = `
    FROM outbox_messages m JOIN json_each(m.endpoint_ids) target
      LEFT JOIN outbox_endpoints e ON e.tenant_id = m.tenant_id AND e.id = target.value AND e.state <> 'deleted'
    WHERE ${JUST_INSERTED} AND m.endpoint_ids IS NOT NULL`;
  return fanOut(db, inserted, from);
}

/** A delivery of each of the last `count` messages to each handler of this Worker that subscribes to its event type. */
export function fanOutToHandlers(
  db: Database,
  inserted: JustInserted,
  subscriptions: readonly { eventType: string; endpointId: string }[],
): Statement {
  const from = `
    FROM outbox_messages m JOIN json_each(?4) subscription ON subscription.value ->> 'eventType' = m.event_type
      JOIN outbox_endpoints e ON e.tenant_id = m.tenant_id AND e.id = subscription.value ->> 'endpointId' AND e.state <> 'deleted'
    WHERE ${JUST_INSERTED} AND m.endpoint_ids IS NULL`;
  return fanOut(db, inserted, from, JSON.stringify(subscriptions));
}
