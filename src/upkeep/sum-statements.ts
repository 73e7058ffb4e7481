import type { Database, Statement } from "../db/database.ts";
import { newestSeq } from "../db/message-key.ts";
import type { RowOf } from "../db/row.ts";
import type { sweeps, tenants } from "../db/schema.ts";
import { addToSums, COUNT_COMMITTED, COUNT_OUTCOMES, sinceCommit, spanOf } from "../db/sums.ts";
import { SUM_STEPS_MS } from "../domain/sums.ts";

const [SHORTEST_MS] = SUM_STEPS_MS;

export type RoundRow = RowOf<typeof sweeps, "sums_from" | "sums_after">;

export function selectRound(db: Database): Statement {
  return db.prepare("SELECT sums_from, sums_after FROM outbox_sweep WHERE id = 1");
}

/** Notes the progress of a round. `after`: null when it is complete. `whole`: no tenant was left out. */
export function writeRound(
  db: Database,
  from: number,
  { after, whole }: { after: number | null; whole: boolean },
): Statement {
  return db
    .prepare(`
      UPDATE outbox_sweep SET sums_from = ?1, sums_after = ?2,
        summed_at = iif(?2 IS NULL AND ?3, max(?1, summed_at), summed_at)
      WHERE id = 1`)
    .bind(from, after, Number(whole));
}

/** A tenant with messages that are not in the sums, and its newest sequence number. */
export interface UnsummedTenant extends RowOf<typeof tenants, "number" | "id"> {
  head: number;
}

/** Tenants by number, after one, with messages that are not in the sums. Reads some rows for each tenant on the way. */
export function selectUnsummed(db: Database, after: number, limit: number): Statement {
  return db
    .prepare(`
      SELECT number, id, head FROM (
        SELECT t.number, t.id, t.summed_to, ${newestSeq("t.id")} AS head FROM outbox_tenants t
        WHERE t.number > ?1 ORDER BY t.number)
      WHERE head > summed_to ORDER BY number LIMIT ?2`)
    .bind(after, limit);
}

/** Tenants, and the sequence number up to which each is summed up. */
type SumUpTo = readonly { id: string; to: number }[];

/**
 * SQL: stretch of each tenant, from its watermark to where it is wanted, or to fewer messages and deliveries, and to no message
 * that is not there: the database may have been set back. Every statement of the batch finds the same one, because the
 * watermark moves last; a repeated or overtaken batch finds none.
 */
const STRETCHES = `
  stretches AS MATERIALIZED (
    SELECT id, number, after, min(wanted, coalesce((
      SELECT seq - 1 FROM outbox_deliveries d WHERE d.tenant_id = wish.id AND d.seq > wish.after AND d.seq <= wish.wanted
      ORDER BY seq LIMIT 1 OFFSET ?2), wanted)) AS upto
    FROM (
      SELECT t.id, t.number, t.summed_to AS after,
        min(one.value ->> 'to', t.summed_to + ?2, ${newestSeq("t.id")}) AS wanted
      FROM json_each(?1) one CROSS JOIN outbox_tenants t ON t.id = one.value ->> 'id') wish
    WHERE wanted > after)`;

/**
 * Adds to the sums: committed messages, and deliveries whose first attempt delivered. A replayed one of them has a row for that
 * attempt. All others have counted themselves, and an unsettled one will find the watermark past it, and count itself.
 */
function sumStretches(db: Database, tenants: SumUpTo, deliveries: number): Statement {
  const latency = `iif(was_dead, NULL, ${sinceCommit("ended_at")})`;
  return db
    .prepare(
      addToSums(`
      WITH ${STRETCHES},
      once AS (
        SELECT s.number, d.tenant_id, d.seq, d.endpoint_id, d.http_status, d.duration_ms,
          d.started_at + d.duration_ms AS ended_at, d.was_dead
        FROM stretches s CROSS JOIN outbox_deliveries d ON d.tenant_id = s.id AND d.seq > s.after AND d.seq <= s.upto
        WHERE d.state = 'delivered' AND d.attempts = 1
        UNION ALL
        SELECT s.number, a.tenant_id, a.seq, a.endpoint_id, a.http_status, a.duration_ms, a.started_at + a.duration_ms, 0
        FROM stretches s CROSS JOIN outbox_attempts a ON a.tenant_id = s.id AND a.seq > s.after AND a.seq <= s.upto
        WHERE a.n = 1 AND a.outcome = 'delivered'),
      counted AS MATERIALIZED (
        SELECT once.tenant_id, once.endpoint_id, e.channel, ${spanOf("ended_at", SHORTEST_MS)} AS at, 'delivered' AS outcome,
          http_status, NULL AS error, duration_ms, ${latency} AS latency_ms
        FROM once
          CROSS JOIN outbox_messages m ON m.id = (once.number << 36 | once.seq)
          CROSS JOIN outbox_endpoints e ON e.tenant_id = once.tenant_id AND e.id = once.endpoint_id),
      committed AS MATERIALIZED (
        SELECT s.id AS tenant_id, ${spanOf("m.committed_at", SHORTEST_MS)} AS at
        FROM stretches s CROSS JOIN outbox_messages m ON m.id > (s.number << 36 | s.after) AND m.id <= (s.number << 36 | s.upto))
      SELECT tenant_id, endpoint_id, ${SHORTEST_MS} AS step, at, ${COUNT_OUTCOMES}
      FROM counted GROUP BY tenant_id, endpoint_id, at
      UNION ALL
      SELECT '', channel, ${SHORTEST_MS}, at, ${COUNT_OUTCOMES} FROM counted GROUP BY channel, at
      UNION ALL
      SELECT tenant_id, '', ${SHORTEST_MS}, at, ${COUNT_COMMITTED} FROM committed GROUP BY tenant_id, at
      UNION ALL
      SELECT '', '', ${SHORTEST_MS}, at, ${COUNT_COMMITTED} FROM committed GROUP BY at`),
    )
    .bind(JSON.stringify(tenants), deliveries);
}

/** A tenant's watermark after the batch. */
export type SummedRow = RowOf<typeof tenants, "id" | "summed_to">;

function moveWatermarks(db: Database, tenants: SumUpTo, deliveries: number): Statement {
  return db
    .prepare(`
      WITH ${STRETCHES}
      UPDATE outbox_tenants SET summed_to = stretches.upto FROM stretches
      WHERE outbox_tenants.number = stretches.number RETURNING outbox_tenants.id, summed_to`)
    .bind(JSON.stringify(tenants), deliveries);
}

/** The statement that passes messages by uncounted, for a database without room for a sum. */
export function passBy(db: Database, tenants: SumUpTo): Statement {
  return moveWatermarks(db, tenants, Number.MAX_SAFE_INTEGER);
}

/** The statements that sum tenants up, each by so many messages and deliveries, for one batch. The last answers their watermarks. */
export function sumUp(db: Database, tenants: SumUpTo, deliveries: number): [Statement, Statement] {
  return [sumStretches(db, tenants, deliveries), moveWatermarks(db, tenants, deliveries)];
}
