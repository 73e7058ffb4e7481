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

/** Spans of one length in a range of time, of a tenant or, with an empty id, of the deployment. */
export interface SumsWanted {
  tenantId: string;
  /** Undefined: all endpoints, and committed messages. */
  endpointId: string | undefined;
  since: number;
  until: number;
  step: number;
}

/** Number of a tenant's endpoints that have sums since an instant. */
export function countSummed(db: Database, tenantId: string, since: number): Statement {
  return db
    .prepare(`
      WITH RECURSIVE ${endpointsWithSums("SELECT ?1 AS value")}
      SELECT count(*) AS endpoints FROM summed WHERE endpoint_id <> '' AND EXISTS (
        SELECT 1 FROM json_each(?2) step CROSS JOIN outbox_sums s ON s.tenant_id = ?1 AND s.endpoint_id = summed.endpoint_id
          AND s.step = step.value AND s.at >= ?3)`)
    .bind(tenantId, JSON.stringify(SUM_STEPS_MS), since);
}

/** Sums by spans, of this length or shorter ones. Reads as many rows as there are. */
export function selectSums(db: Database, wanted: SumsWanted): Statement {
  const shorter = SUM_STEPS_MS.filter((step) => step <= wanted.step);
  const at = spanOf("s.at", wanted.step);
  return db
    .prepare(`
      WITH RECURSIVE ${endpointsWithSums("SELECT ?1 AS value")},
      wanted AS (SELECT endpoint_id FROM summed WHERE ?2 IS NULL UNION SELECT ?2 WHERE ?2 IS NOT NULL)
      SELECT ${at} AS at, ${ADD_UP}
      FROM wanted CROSS JOIN (SELECT value AS step FROM json_each(?5)) steps
        CROSS JOIN outbox_sums s ON s.tenant_id = ?1 AND s.endpoint_id = wanted.endpoint_id AND s.step = steps.step
          AND s.at >= ?3 AND s.at < ?4
      GROUP BY ${at}`)
    .bind(wanted.tenantId, wanted.endpointId ?? null, wanted.since, wanted.until, JSON.stringify(shorter));
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

/** Outcomes and messages of a tenant that are not in the sums yet, by spans. */
export function selectUnsummed(db: Database, wanted: SumsWanted): Statement {
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
    .bind(wanted.tenantId, wanted.endpointId ?? null, wanted.since, wanted.until, limits.unsummedCounted);
}

/** 1 if there are more deliveries or messages without sums than are counted. */
export function selectMoreUnsummed(db: Database, tenantId: string): Statement {
  const summedTo = "(SELECT summed_to FROM outbox_tenants WHERE id = ?1)";
  return db
    .prepare(`
      SELECT ${newestSeq("?1")} - ${summedTo} > ?2 OR EXISTS (
        SELECT 1 FROM outbox_deliveries
        WHERE tenant_id = ?1 AND seq > ${summedTo} AND seq <= ${LAST_SEQ} LIMIT 1 OFFSET ?2) AS more`)
    .bind(tenantId, limits.unsummedCounted);
}

/** Instant at which the latest complete round of summing up began; 0: there was none. */
export function selectSummedAt(db: Database): Statement {
  return db.prepare("SELECT summed_at FROM outbox_sweep WHERE id = 1");
}
