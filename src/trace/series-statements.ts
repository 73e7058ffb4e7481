import type { Database, Statement } from "../db/database.ts";
import { LAST_SEQ, messageKey, newestSeq } from "../db/message-key.ts";
import {
  ADD_UP,
  COUNT_COMMITTED,
  COUNT_OUTCOMES,
  endpointsWithSums,
  sinceCommit,
  spanOf,
} from "../db/sums.ts";
import { SUM_STEPS_MS, type SumField } from "../domain/sums.ts";
import { limits } from "../platform/limits.ts";

/** Sums of a span of time. */
export type SumRow = Record<SumField, number> & { at: number };

/** `read`: number of rows of which it is made. */
export type ReadSumRow = SumRow & { read: number };

/** Spans of one length in a range of time, of a tenant. */
export interface SumsWanted {
  tenantId: string;
  /** Undefined: all endpoints, and committed messages. */
  endpointId: string | undefined;
  since: number;
  until: number;
  step: number;
}

/** Parts of a range that are read one after the other. */
const PARTS = 12;

/** Beginnings of the parts of a range, the newest first, and their length: whole spans. */
export function partsOf({ since, until, step }: SumsWanted): { from: number[]; length: number } {
  const length = step * Math.max(Math.ceil((until - since) / step / PARTS), 1);
  const count = Math.ceil((until - since) / length);
  return { from: Array.from({ length: count }, (_, n) => since + (count - 1 - n) * length), length };
}

/**
 * Sums by spans, of this length or shorter ones, as many as may be read: the newest part of the range first. `read`: rows that
 * went into each.
 */
export function selectSums(db: Database, wanted: SumsWanted): Statement {
  const shorter = SUM_STEPS_MS.filter((step) => step <= wanted.step);
  const parts = partsOf(wanted);
  const at = spanOf("read.at", wanted.step);
  return db
    .prepare(`
      WITH RECURSIVE ${endpointsWithSums("SELECT ?1 AS value")},
      wanted AS MATERIALIZED (SELECT endpoint_id FROM summed WHERE ?2 IS NULL UNION SELECT ?2 WHERE ?2 IS NOT NULL)
      SELECT ${at} AS at, ${ADD_UP}, count(*) AS read
      FROM (
        SELECT s.* FROM json_each(?3) part CROSS JOIN wanted CROSS JOIN json_each(?6) steps
          CROSS JOIN outbox_sums s ON s.tenant_id = ?1 AND s.endpoint_id = wanted.endpoint_id AND s.step = steps.value
            AND s.at >= part.value AND s.at < min(part.value + ?4, ?5)
        LIMIT ?7) read
      GROUP BY ${at}`)
    .bind(
      wanted.tenantId,
      wanted.endpointId ?? null,
      JSON.stringify(parts.from),
      parts.length,
      wanted.until,
      JSON.stringify(shorter),
      limits.seriesSums,
    );
}

/**
 * SQL: the newest deliveries whose first attempt delivered, and messages, that are not in the sums yet, as many as are counted.
 * Of the tenant ?1 and, unless it is NULL, the endpoint ?2.
 */
export const UNSUMMED = `
  edge AS MATERIALIZED (SELECT summed_to FROM outbox_tenants WHERE id = ?1),
  newest AS MATERIALIZED (
    SELECT d.seq, d.endpoint_id, d.http_status, d.duration_ms, d.started_at, d.state, d.attempts, d.was_dead
    FROM outbox_deliveries d
    WHERE d.tenant_id = ?1 AND d.seq > (SELECT summed_to FROM edge) AND d.seq <= ${LAST_SEQ}
    ORDER BY d.seq DESC LIMIT ?5),
  once AS (
    SELECT seq, endpoint_id, http_status, duration_ms, started_at + duration_ms AS ended_at, was_dead FROM newest
    WHERE state = 'delivered' AND attempts = 1 AND (?2 IS NULL OR endpoint_id = ?2)
    UNION ALL
    SELECT a.seq, a.endpoint_id, a.http_status, a.duration_ms, a.started_at + a.duration_ms, 0
    FROM outbox_attempts a WHERE a.tenant_id = ?1 AND a.seq > (SELECT summed_to FROM edge)
      AND a.seq >= (SELECT min(seq) FROM newest) AND a.n = 1 AND a.outcome = 'delivered'
      AND (?2 IS NULL OR a.endpoint_id = ?2)),
  commits AS MATERIALIZED (
    SELECT m.committed_at FROM outbox_messages m
    WHERE ?2 IS NULL AND m.id > ${messageKey("?1", "(SELECT summed_to FROM edge)")} AND m.id <= ${messageKey("?1", String(LAST_SEQ))}
    ORDER BY m.id DESC LIMIT ?5)`;

/** Outcomes of as many deliveries, and as many messages, of a tenant that are not in the sums yet, by spans. */
export function selectUnsummed(db: Database, wanted: SumsWanted, most: number): Statement {
  const ended = spanOf("ended_at", wanted.step);
  const committed = spanOf("committed_at", wanted.step);
  return db
    .prepare(`
      WITH ${UNSUMMED},
      counted AS MATERIALIZED (
        SELECT ${ended} AS at, 'delivered' AS outcome, http_status, NULL AS error, duration_ms,
          iif(was_dead, NULL, ${sinceCommit("ended_at")}) AS latency_ms
        FROM once CROSS JOIN outbox_messages m ON m.id = ${messageKey("?1", "once.seq")}
        WHERE ended_at >= ?3 AND ended_at < ?4)
      SELECT at, ${COUNT_OUTCOMES} FROM counted GROUP BY at
      UNION ALL
      SELECT ${committed} AS at, ${COUNT_COMMITTED} FROM commits WHERE committed_at >= ?3 AND committed_at < ?4 GROUP BY 1`)
    .bind(wanted.tenantId, wanted.endpointId ?? null, wanted.since, wanted.until, most);
}

/** 1 if there are more deliveries or messages without sums than as many. */
export function selectMoreUnsummed(db: Database, tenantId: string, most: number): Statement {
  const summedTo = "(SELECT summed_to FROM outbox_tenants WHERE id = ?1)";
  return db
    .prepare(`
      SELECT ${newestSeq("?1")} - ${summedTo} > ?2 OR EXISTS (
        SELECT 1 FROM outbox_deliveries
        WHERE tenant_id = ?1 AND seq > ${summedTo} AND seq <= ${LAST_SEQ} LIMIT 1 OFFSET ?2) AS more`)
    .bind(tenantId, most);
}

export interface SummedAtRow {
  summed_at: number;
}

/** Instant at which the latest complete round of summing up began; 0: there was none. */
export function selectSummedAt(db: Database): Statement {
  return db.prepare("SELECT summed_at FROM outbox_sweep WHERE id = 1");
}
