import type { SQL } from "drizzle-orm";
import { numbered } from "../db/audited.ts";
import type { Database, Statement } from "../db/database.ts";
import { earlierBlocks } from "../db/earlier-of-key.ts";
import { LAST_SEQ, messageKey } from "../db/message-key.ts";
import { seqSince } from "../db/seq-since.ts";
import { IS_IN_DOUBT } from "../domain/email-doubt.ts";
import { UNCERTAIN } from "../domain/email-status.ts";
import { DIRECT_EMAIL_ENDPOINT } from "../domain/ids.ts";
import type { MessageRef } from "../domain/message-id.ts";
import type { ChannelName, DeliveryState } from "../domain/states.ts";
import { limits } from "../platform/limits.ts";

/** Reference to one delivery of a message. */
export interface DeliveryRef extends MessageRef {
  messageId: string;
  endpointId: string;
}

/** Filter of settled deliveries. */
export interface SettledFilter {
  states: readonly Extract<DeliveryState, "delivered" | "dead" | "cancelled">[];
  endpointId: string | null;
  /** Only these deliveries, as far as they exist. */
  deliveries: readonly DeliveryRef[] | null;
  since: number | null;
  until: number | null;
  eventTypes: readonly string[] | null;
  channel: ChannelName | null;
  /** Reason, and result of the last attempt. Null: it has none. Undefined: any. */
  result: {
    reason?: string | undefined;
    error?: string | null | undefined;
    httpStatus?: number | null | undefined;
  };
  /** Only deliveries settled by this instant. Null: settled at any. */
  asOf: number | null;
  /** True: includes those that cannot be sent again, to deleted endpoints or of wiped e-mails. */
  ofUnsendableToo: boolean;
}

/** From a sequence number to before another. */
export interface SeqRange {
  firstSeq: number;
  endSeq: number;
}

/** Range of sequence numbers of a filter's instants, widened by the possible skew of clocks. */
export function selectRange(db: Database, tenantId: string, { since, until }: SettledFilter): Statement {
  return db
    .prepare(`
      SELECT iif(?2 IS NULL, 1, ${seqSince("?1", "?2 - ?4")}) AS firstSeq,
        iif(?3 IS NULL, ?5, ${seqSince("?1", "?3 + ?4")}) AS endSeq`)
    .bind(tenantId, since, until, limits.commitSkewMs, LAST_SEQ);
}

const onlyDead = ({ states }: SettledFilter) => states.every((state) => state === "dead");

/** Dead letters have their own index; named deliveries are looked up; all others are read from `firstSeq` on. */
function sourceOf(filter: SettledFilter): string {
  if (filter.deliveries) {
    return `json_each(?5) named CROSS JOIN outbox_deliveries d ON d.tenant_id = ?1
      AND d.seq = named.value ->> 'seq' AND d.endpoint_id = named.value ->> 'endpointId'`;
  }
  return onlyDead(filter) ? "outbox_deliveries d INDEXED BY outbox_deliveries_dead" : "outbox_deliveries d";
}

/** SQL: true if a field of `?3` is left out, or equals the column. */
const fits = (field: keyof SettledFilter["result"] | "channel", column: string) =>
  `(json_type(?3, '$.${field}') IS NULL OR ${column} IS ?3 ->> '$.${field}')`;

/** An e-mail that is held in doubt is for a person to look at: only who names it, or its reason, replays it. */
function namesDoubt({ deliveries, result, ofUnsendableToo }: SettledFilter): boolean {
  return deliveries !== null || result.reason === UNCERTAIN || ofUnsendableToo;
}

function matching(filter: SettledFilter): string {
  return `
    FROM ${sourceOf(filter)}
      CROSS JOIN outbox_messages m ON m.tenant_id = ?1 AND m.id = ${messageKey("?1", "d.seq")} AND (?10 OR m.sealed IS NOT '')
      CROSS JOIN outbox_endpoints e ON e.tenant_id = d.tenant_id AND e.id = d.endpoint_id AND (?10 OR e.state <> 'deleted')
    WHERE d.tenant_id = ?1 AND d.seq >= ?2 AND d.seq < ?9 AND ${onlyDead(filter) ? "d.state = 'dead'" : "d.settled_at IS NOT NULL"}
      AND d.state IN (SELECT value FROM json_each(?3, '$.states'))
      AND (?3 ->> '$.asOf' IS NULL OR d.settled_at <= ?3 ->> '$.asOf')
      AND ${fits("reason", "d.reason")} AND ${fits("error", "d.error")} AND ${fits("httpStatus", "d.http_status")}
      AND ${fits("channel", "e.channel")}${namesDoubt(filter) ? "" : ` AND d.reason IS NOT '${UNCERTAIN}'`}
      AND (?4 IS NULL OR d.endpoint_id = ?4) AND ${filter.deliveries ? "m.nonce = named.value ->> 'nonce'" : "?5 IS NULL"}
      AND (?6 IS NULL OR m.committed_at >= ?6) AND (?7 IS NULL OR m.committed_at < ?7)
      AND (?8 IS NULL OR m.event_type IN (SELECT value FROM json_each(?8)))`;
}

function filterParams(tenantId: string, { firstSeq, endSeq }: SeqRange, filter: SettledFilter) {
  return [
    tenantId,
    firstSeq,
    JSON.stringify({
      states: filter.states,
      asOf: filter.asOf,
      ...filter.result,
      channel: filter.channel ?? undefined,
    }),
    filter.endpointId,
    filter.deliveries && JSON.stringify(filter.deliveries),
    filter.since,
    filter.until,
    filter.eventTypes && JSON.stringify(filter.eventTypes),
    endSeq,
    Number(filter.ofUnsendableToo),
  ];
}

export function countMatching(
  db: Database,
  tenantId: string,
  range: SeqRange,
  filter: SettledFilter,
): Statement {
  return db
    .prepare(`SELECT count(*) AS matched FROM (SELECT 1 ${matching(filter)} LIMIT ?11)`)
    .bind(...filterParams(tenantId, range, filter), limits.matchedCounted);
}

/** For the audit: the number that one call changes. */
export function countAffected(tenantId: string, range: SeqRange, filter: SettledFilter): SQL {
  return numbered(`SELECT count(*) FROM (SELECT 1 ${matching(filter)} LIMIT ?11) HAVING count(*) > 0`, [
    ...filterParams(tenantId, range, filter),
    limits.replaysPerCall,
  ]);
}

/**
 * A first attempt that delivered is recorded only in its delivery's row, where the next attempt will be. So it gets its
 * own row first: of the very deliveries that are replayed, as the sums find it in one place or the other.
 */
export function keepFirstAttempts(
  db: Database,
  tenantId: string,
  range: SeqRange,
  filter: SettledFilter,
): Statement {
  return db
    .prepare(`
      INSERT INTO outbox_attempts (tenant_id, seq, endpoint_id, n, outcome, started_at, duration_ms, http_status, error, excerpt,
        endpoint_version, response_headers)
      ${chosenOf(filter)}
      SELECT d.tenant_id, d.seq, d.endpoint_id, 1, 'delivered', d.started_at, d.duration_ms, d.http_status, d.error, d.excerpt,
        d.endpoint_version, d.response_headers
      FROM chosen CROSS JOIN outbox_deliveries d
        ON d.tenant_id = ?1 AND d.seq = chosen.seq AND d.endpoint_id = chosen.endpoint_id
      WHERE d.state = 'delivered' AND d.attempts = 1
        AND NOT EXISTS (
          SELECT 1 FROM outbox_attempts a
          WHERE a.tenant_id = ?1 AND a.seq = d.seq AND a.endpoint_id = d.endpoint_id AND a.n = 1)`)
    .bind(...filterParams(tenantId, range, filter), limits.replaysPerCall);
}

/** SQL: a CTE of the deliveries that one call changes, in commit order. `place`: from 0. */
function chosenOf(filter: SettledFilter): string {
  return `
    WITH chosen AS MATERIALIZED (
      SELECT d.seq, d.endpoint_id, m.deliver_at, row_number() OVER (ORDER BY d.seq, d.endpoint_id) - 1 AS place
      ${matching(filter)} ORDER BY d.seq, d.endpoint_id LIMIT ?11
    )`;
}

const FROM_CHOSEN = `
  FROM chosen
  WHERE outbox_deliveries.tenant_id = ?1 AND outbox_deliveries.seq = chosen.seq
    AND outbox_deliveries.endpoint_id = chosen.endpoint_id`;

/**
 * The only way back from a final state: pending again, in commit order, at a bounded rate, and not before `deliverAt`. An e-mail
 * that was cancelled under way may have been sent by itself, and goes so again; one that is held in doubt is sent.
 */
export function replayMatching(
  db: Database,
  tenantId: string,
  { range, filter, now }: { range: SeqRange; filter: SettledFilter; now: number },
): Statement {
  return db
    .prepare(`
      ${chosenOf(filter)}
      UPDATE outbox_deliveries
      SET state = 'pending', due_at = max(?12 + CAST(chosen.place * 1000 / ?13 AS INTEGER), coalesce(chosen.deliver_at, 0)),
        settled_at = NULL, reason = NULL,
        claims = 0, starts = 0, schedule_from = attempts, spared = 0, waits_since = NULL,
        resends = resends + (state = 'delivered'),
        batch = CASE WHEN ${IS_IN_DOUBT} THEN NULL
          WHEN state = 'cancelled' AND claims > 0 AND outbox_deliveries.endpoint_id = '${DIRECT_EMAIL_ENDPOINT}'
            THEN coalesce(batch, '') ELSE batch END,
        was_dead = iif(state = 'delivered', 0, was_dead OR state = 'dead'), blocks = ordering_key IS NOT NULL,
        behind = ordering_key IS NOT NULL AND ${earlierBlocks("outbox_deliveries")}
      ${FROM_CHOSEN}
        AND outbox_deliveries.settled_at IS NOT NULL
      RETURNING seq`)
    .bind(...filterParams(tenantId, range, filter), limits.replaysPerCall, now, limits.replaysPerSecond);
}

/**
 * Puts dead letters away: they stay on record as cancelled, settled at their death, and no longer block their keys.
 */
export function dismissMatching(
  db: Database,
  tenantId: string,
  range: SeqRange,
  filter: SettledFilter,
): Statement {
  return db
    .prepare(`
      ${chosenOf(filter)}
      UPDATE outbox_deliveries
      SET state = 'cancelled', blocks = 0, reason = 'dismissed', was_dead = 1
      ${FROM_CHOSEN}
        AND outbox_deliveries.state = 'dead'
      RETURNING seq`)
    .bind(...filterParams(tenantId, range, filter), limits.replaysPerCall);
}
