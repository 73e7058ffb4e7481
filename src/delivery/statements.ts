import type { Database, Statement } from "../db/database.ts";
import { earlierBlocks } from "../db/earlier-of-key.ts";
import type { DeliveryState, EndpointState, Outcome } from "../domain/states.ts";
import type { DeliveryTask } from "../relay/delivery-task.ts";

/** A claimed delivery with what is to be sent. */
export interface LeasedRow {
  seq: number;
  ordering_key: string | null;
  attempts: number;
  /** How many of them were made before it was last replayed. */
  schedule_from: number;
  /** When its lease ends. */
  due_at: number;
  nonce: string;
  event_type: string;
  payload: string;
  /** 1 when an earlier one of its key is unsettled and not part of this lease, as after a replay. */
  blocked: 0 | 1;
}

const NOT_OF_THIS_LEASE = "AND (earlier.lease_token IS NOT ?3 OR earlier.due_at <= ?5)";

/** Those of a task's deliveries that still carry its lease. The others were settled, or claimed by someone else. */
export function selectLeased(db: Database, task: DeliveryTask, now: number): Statement {
  return db
    .prepare(`
      SELECT d.seq, d.ordering_key, d.attempts, d.schedule_from, d.due_at, m.nonce, m.event_type, m.payload,
        d.ordering_key IS NOT NULL AND ${earlierBlocks("d", "d.endpoint_id", NOT_OF_THIS_LEASE)} AS blocked
      FROM json_each(?4) ref
        CROSS JOIN deliveries d ON d.tenant_id = ?1 AND d.seq = ref.value AND d.endpoint_id = ?2
        CROSS JOIN messages m ON m.tenant_id = ?1 AND m.seq = d.seq
      WHERE d.lease_token = ?3 AND d.due_at > ?5
      ORDER BY d.seq`)
    .bind(task.tenantId, task.endpointId, task.leaseToken, JSON.stringify(task.seqs), now);
}

export interface EndpointRow {
  id: string;
  target: string;
  state: EndpointState;
  headers: string | null;
  retry_schedule: string | null;
  secret: string | null;
  /** JSON: `PreviousSecret[]`. */
  previous_secrets: string | null;
}

export function selectEndpoint(db: Database, task: DeliveryTask): Statement {
  return db
    .prepare(`
      SELECT e.id, e.target, e.headers, e.retry_schedule, e.secret, e.previous_secrets,
        iif(t.state = 'paused' AND e.state = 'enabled', 'paused', e.state) AS state
      FROM endpoints e JOIN tenants t ON t.id = e.tenant_id WHERE e.tenant_id = ?1 AND e.id = ?2`)
    .bind(task.tenantId, task.endpointId);
}

/** What an attempt was, as it is recorded. */
export interface AttemptRecord {
  outcome: Outcome;
  startedAt: number;
  durationMs: number;
  httpStatus: number | null;
  error: string | null;
  excerpt: string | null;
}

/** What becomes of a claimed delivery: the outcome of an attempt, or, without one, given back untried. */
export interface Verdict {
  seq: number;
  state: Exclude<DeliveryState, "leased">;
  dueAt: number | null;
  settledAt: number | null;
  reason: string | null;
  attempt: AttemptRecord | null;
  /** Untried because the task came too late: its next lease is to be longer. */
  late: boolean;
}

/** Records attempts, fenced by the lease. A first one that delivered needs no row beside its delivery's own. */
export function insertAttempts(db: Database, task: DeliveryTask, verdicts: readonly Verdict[]): Statement {
  return db
    .prepare(`
      INSERT INTO attempts (tenant_id, seq, endpoint_id, n, outcome, started_at, duration_ms, http_status, error, excerpt)
      SELECT d.tenant_id, d.seq, d.endpoint_id, d.attempts + 1, a.value ->> '$.attempt.outcome',
        a.value ->> '$.attempt.startedAt', a.value ->> '$.attempt.durationMs', a.value ->> '$.attempt.httpStatus',
        a.value ->> '$.attempt.error', a.value ->> '$.attempt.excerpt'
      FROM json_each(?4) a
        CROSS JOIN deliveries d ON d.tenant_id = ?1 AND d.seq = a.value ->> 'seq' AND d.endpoint_id = ?2
      WHERE d.lease_token = ?3 AND a.value ->> '$.attempt.outcome' IS NOT NULL
        AND NOT (a.value ->> '$.attempt.outcome' = 'delivered' AND d.attempts = 0)`)
    .bind(task.tenantId, task.endpointId, task.leaseToken, JSON.stringify(verdicts));
}

/**
 * The compare-and-set of every outcome on the lease token: who has lost the lease changes nothing. `key_blocked`
 * tells that the key must not go on: this one is dead and the order strict, or an earlier one was replayed meanwhile.
 */
export function settleLeased(db: Database, task: DeliveryTask, verdicts: readonly Verdict[]): Statement {
  return db
    .prepare(`
      WITH v AS MATERIALIZED (
        SELECT value ->> 'seq' AS seq, value ->> 'state' AS state, value ->> 'dueAt' AS due_at,
          value ->> 'settledAt' AS settled_at, value ->> 'reason' AS reason,
          value ->> '$.attempt.outcome' IS NOT NULL AS tried, value ->> 'late' AS late,
          value ->> '$.attempt.startedAt' AS started_at, value ->> '$.attempt.durationMs' AS duration_ms,
          value ->> '$.attempt.httpStatus' AS http_status, value ->> '$.attempt.error' AS error,
          value ->> '$.attempt.excerpt' AS excerpt
        FROM json_each(?4)
      )
      UPDATE deliveries
      SET state = v.state, due_at = v.due_at, settled_at = v.settled_at, reason = v.reason, lease_token = NULL,
        attempts = attempts + v.tried, claims = iif(v.tried, 0, iif(v.late, claims, max(claims - 1, 0))),
        started_at = iif(v.tried, v.started_at, deliveries.started_at),
        duration_ms = iif(v.tried, v.duration_ms, deliveries.duration_ms),
        http_status = iif(v.tried, v.http_status, deliveries.http_status),
        error = iif(v.tried, v.error, deliveries.error),
        excerpt = iif(v.tried, v.excerpt, deliveries.excerpt),
        starts = iif(v.tried, 0, starts),
        blocks = ordering_key IS NOT NULL AND (v.due_at IS NOT NULL OR (v.state = 'dead' AND EXISTS (
          SELECT 1 FROM endpoints e WHERE e.tenant_id = ?1 AND e.id = ?2 AND e.ordering = 'strict'))),
        behind = v.due_at IS NOT NULL AND ordering_key IS NOT NULL AND ${earlierBlocks("deliveries")}
      FROM v
      WHERE deliveries.tenant_id = ?1 AND deliveries.seq = v.seq AND deliveries.endpoint_id = ?2
        AND deliveries.lease_token = ?3
      RETURNING seq,
        ordering_key IS NOT NULL AND ((state = 'dead' AND blocks = 1) OR ${earlierBlocks("deliveries")}) AS key_blocked`)
    .bind(task.tenantId, task.endpointId, task.leaseToken, JSON.stringify(verdicts));
}

/**
 * The endpoint said that it is no more. What still waits for it stays, until somebody enables or deletes it.
 * Counts only while the delivery that was told so is leased: it stands before the settling in the batch.
 */
export function disableEndpoint(
  db: Database,
  task: DeliveryTask,
  told: readonly number[],
  now: number,
): Statement {
  return db
    .prepare(`
      UPDATE endpoints SET state = 'disabled', state_reason = 'gone', updated_at = ?5
      WHERE tenant_id = ?1 AND id = ?2 AND state = 'enabled' AND EXISTS (
        SELECT 1 FROM json_each(?4) told
          CROSS JOIN deliveries d ON d.tenant_id = ?1 AND d.seq = told.value AND d.endpoint_id = ?2
        WHERE d.lease_token = ?3)`)
    .bind(task.tenantId, task.endpointId, task.leaseToken, JSON.stringify(told), now);
}

/** When the endpoint's next delivery is due. */
export function selectNextDue(db: Database, task: DeliveryTask): Statement {
  return db
    .prepare(`
      SELECT min(due_at) AS due_at FROM deliveries
      WHERE tenant_id = ?1 AND endpoint_id = ?2 AND due_at IS NOT NULL AND behind = 0`)
    .bind(task.tenantId, task.endpointId);
}
