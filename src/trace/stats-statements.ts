import type { Database, Statement } from "../db/database.ts";
import { firstDueAt, SERVABLE_AT } from "../db/first-due.ts";
import { LIVE_TENANT } from "../db/live-tenant.ts";
import { newestSeq } from "../db/message-key.ts";
import type { RowOf } from "../db/row.ts";
import type { deliveries, tenants, usage } from "../db/schema.ts";
import { SENDING_STATE } from "../db/sending-state.ts";
import { seqSince } from "../db/seq-since.ts";
import { NOT_BUILT_IN } from "../domain/handlers.ts";
import { COUNTED, type Counted, dayOf } from "../domain/quota.ts";
import { limits } from "../platform/limits.ts";
import { UNSUMMED } from "./series-statements.ts";
import type { Span } from "./span.ts";

export interface TotalRow extends RowOf<typeof tenants, "purged" | "complaints_told" | "complaints_told_at"> {
  total: number;
}

const OF_TENANT = "purged, complaints_told, complaints_told_at";

/** Number of messages ever committed, number purged, and the complaints that were told of. */
export function selectTotal(db: Database, tenantId: string): Statement {
  return db.prepare(`SELECT ${newestSeq("?1")} AS total, ${OF_TENANT} FROM ${LIVE_TENANT} ?1`).bind(tenantId);
}

export interface SequenceRow extends TotalRow {
  firstSeq: number;
  endSeq: number;
}

/** As `selectTotal`, with the sequence numbers of the span. */
export function selectSequence(db: Database, tenantId: string, { since, until }: Span): Statement {
  return db
    .prepare(`
      SELECT ${newestSeq("?1")} AS total, ${OF_TENANT},
        ${seqSince("?1", "?2")} AS firstSeq, ${seqSince("?1", "?3")} AS endSeq
      FROM ${LIVE_TENANT} ?1`)
    .bind(tenantId, since, until);
}

export interface StateRow extends RowOf<typeof deliveries, "state"> {
  count: number;
  attempts: number;
  attemptedOnce: number;
}

/** E-mails of the span that are not in the sums yet. */
export function countUnsummedEmails(db: Database, tenantId: string, { since, until }: Span): Statement {
  return db
    .prepare(`
      WITH ${UNSUMMED}
      SELECT count(*) AS accepted
      FROM once CROSS JOIN outbox_endpoints e ON e.tenant_id = ?1 AND e.id = once.endpoint_id AND e.channel = 'email'
      WHERE ended_at >= ?3 AND ended_at < ?4`)
    .bind(tenantId, null, since, until, limits.unsummedCounted.brief);
}

/** The newest deliveries of the span, as many as are counted, by state. */
export function countStates(db: Database, tenantId: string, { since, until }: Span, most: number): Statement {
  return db
    .prepare(`
      SELECT state, count(*) AS count, sum(attempts) AS attempts, sum(attempts = 1) AS attemptedOnce
      FROM (
        SELECT state, attempts FROM outbox_deliveries
        WHERE tenant_id = ?1 AND seq >= ${seqSince("?1", "?2")} AND seq < ${seqSince("?1", "?3")}
        ORDER BY seq DESC LIMIT ?4)
      GROUP BY state`)
    .bind(tenantId, since, until, most);
}

/** `looked`: number of index entries read. At the limit there may be more. */
export interface CountRow {
  looked: number;
  count: number;
}

export interface DueRow extends CountRow {
  held: number;
}

/**
 * Unsettled deliveries that do not wait behind their key; `count`: the due ones; `held`: those of them that are held on purpose.
 * The holding endpoints are one text, because D1 bills a look into a table for each delivery.
 */
export function countDue(db: Database, tenantId: string, most: number, now: number): Statement {
  return db
    .prepare(`
      WITH holding(ids) AS MATERIALIZED (
        SELECT coalesce(' ' || group_concat(e.id, ' ') || ' ', '') FROM outbox_endpoints e JOIN outbox_tenants t ON t.id = ?1
        WHERE e.tenant_id = ?1 AND e.state <> 'deleted' AND (${SENDING_STATE} <> 'enabled' OR ${SERVABLE_AT} > ?2))
      SELECT count(*) AS looked, coalesce(sum(due_at <= ?2), 0) AS count,
        coalesce(sum(due_at <= ?2 AND instr((SELECT ids FROM holding), ' ' || endpoint_id || ' ') > 0), 0) AS held
      FROM (
        SELECT due_at, endpoint_id FROM outbox_deliveries INDEXED BY outbox_deliveries_due
        WHERE tenant_id = ?1 AND due_at IS NOT NULL AND behind = 0 LIMIT ?3)`)
    .bind(tenantId, now, most);
}

/** Deliveries that wait behind their key. */
export function countBehind(db: Database, tenantId: string, most: number): Statement {
  return db
    .prepare(`
      SELECT count(*) AS looked, coalesce(sum(behind = 1 AND due_at IS NOT NULL), 0) AS count FROM (
        SELECT behind, due_at FROM outbox_deliveries INDEXED BY outbox_deliveries_key
        WHERE tenant_id = ?1 AND blocks = 1 LIMIT ?2)`)
    .bind(tenantId, most);
}

export function countDead(db: Database, tenantId: string, most: number): Statement {
  return db
    .prepare(`
      SELECT count(*) AS looked, count(*) AS count FROM (
        SELECT seq FROM outbox_deliveries INDEXED BY outbox_deliveries_dead WHERE tenant_id = ?1 AND state = 'dead' LIMIT ?2)`)
    .bind(tenantId, most);
}

/** Several dead deliveries can block one key. */
export function countBlockedKeys(db: Database, tenantId: string, most: number): Statement {
  return db
    .prepare(`
      SELECT count(*) AS looked, count(DISTINCT endpoint_id || ' ' || ordering_key) AS count FROM (
        SELECT endpoint_id, ordering_key FROM outbox_deliveries INDEXED BY outbox_deliveries_dead_heads
        WHERE tenant_id = ?1 AND state = 'dead' AND blocks = 1 LIMIT ?2)`)
    .bind(tenantId, most);
}

export interface EndpointsRow {
  enabled: number;
  paused: number;
  disabled: number;
  failing: number;
  held: number;
  oldestLateAt: number | null;
}

export type UsageRow = RowOf<typeof usage, Counted>;

/** Usage today of a tenant with a quota. */
export function selectUsage(db: Database, tenantId: string, now: number): Statement {
  return db
    .prepare(`SELECT ${COUNTED.join(", ")} FROM outbox_usage WHERE tenant_id = ?1 AND day = ?2`)
    .bind(tenantId, dayOf(now));
}

/**
 * Counts of endpoints. Built-in ones are not counted, as they are not listed, but their due deliveries are. A delivery
 * held back by a breaker, a rate limit or a pause is not late: it is due when that ends.
 */
export function selectEndpointStates(db: Database, tenantId: string, now: number): Statement {
  return db
    .prepare(`
      WITH looked AS MATERIALIZED (
        SELECT e.id, e.state, e.failing_since, e.held_until,
          iif(state = 'enabled' AND NOT EXISTS (SELECT 1 FROM outbox_tenants WHERE id = ?1 AND state = 'paused'),
            max(${firstDueAt("?1", "e.id")}, ${SERVABLE_AT}), NULL) AS may_go_at
        FROM outbox_endpoints e INDEXED BY outbox_endpoints_live WHERE tenant_id = ?1 AND state <> 'deleted')
      SELECT coalesce(sum(state = 'enabled' AND ${NOT_BUILT_IN}), 0) AS enabled,
        coalesce(sum(state = 'paused' AND ${NOT_BUILT_IN}), 0) AS paused,
        coalesce(sum(state = 'disabled' AND ${NOT_BUILT_IN}), 0) AS disabled,
        coalesce(sum(failing_since IS NOT NULL), 0) AS failing, coalesce(sum(held_until IS NOT NULL), 0) AS held,
        min(iif(may_go_at <= ?2, may_go_at, NULL)) AS oldestLateAt
      FROM looked`)
    .bind(tenantId, now);
}
