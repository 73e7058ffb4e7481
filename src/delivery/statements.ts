import { type Database, type Statement, violates } from "../db/database.ts";
import { earlierBlocks } from "../db/earlier-of-key.ts";
import { messageKey } from "../db/message-key.ts";
import { ID_KEY } from "../db/message-ref.ts";
import { payloadText } from "../db/payload.ts";
import type { MessageIdRow } from "../domain/message-id.ts";
import type { DeliveryState, EndpointState, Outcome, PayloadFormat } from "../domain/states.ts";
import type { Announcement } from "../outbox/announce.ts";
import type { PlannedEffects } from "../outbox/effects.ts";
import { limits } from "../platform/limits.ts";
import type { DeliveryTask } from "../relay/delivery-task.ts";

/** A claimed delivery with what is to be sent. */
export interface LeasedRow extends MessageIdRow {
  ordering_key: string | null;
  attempts: number;
  /** How many of them were made before it was last replayed. */
  schedule_from: number;
  /** 1 when it was dead before it was last replayed. */
  was_dead: 0 | 1;
  /** How often it was claimed, this time included, since an attempt was recorded. */
  claims: number;
  /** How often it was begun meanwhile, unheard of, as far as that was counted. */
  starts: number;
  /** When its lease ends. */
  due_at: number;
  event_type: string;
  payload: string;
  committed_at: number;
  /** W3C trace context of the request that committed it. */
  traceparent: string | null;
  tracestate: string | null;
  /** 1 when an earlier one of its key is unsettled and not part of this lease, as after a replay. */
  blocked: 0 | 1;
}

const NOT_OF_THIS_LEASE = "AND (earlier.lease_token IS NOT ?3 OR earlier.due_at <= ?5)";

/** Those of a task's deliveries that still carry its lease. The others were settled, or claimed by someone else. */
export function selectLeased(db: Database, task: DeliveryTask, now: number): Statement {
  return db
    .prepare(`
      SELECT d.seq, d.ordering_key, d.attempts, d.schedule_from, d.claims, d.starts, d.due_at, m.nonce, ${ID_KEY}, m.event_type,
        ${payloadText("m")} AS payload, m.committed_at, m.traceparent, m.tracestate, d.was_dead,
        d.ordering_key IS NOT NULL AND ${earlierBlocks("d", "d.endpoint_id", NOT_OF_THIS_LEASE)} AS blocked
      FROM json_each(?4) ref
        CROSS JOIN outbox_deliveries d ON d.tenant_id = ?1 AND d.seq = ref.value AND d.endpoint_id = ?2
        CROSS JOIN outbox_messages m ON m.tenant_id = ?1 AND m.id = ${messageKey("?1", "d.seq")}
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
  /** JSON: the statuses. */
  give_up_on: string | null;
  payload_format: PayloadFormat;
  /** Its breaker is open until then. */
  held_until: number | null;
  /** Sealed. */
  secret: string | null;
  /** JSON: `PreviousSecret[]`, each sealed. */
  previous_secrets: string | null;
  /** A sealed JSON object. */
  secret_headers: string | null;
}

export function selectEndpoint(db: Database, task: DeliveryTask): Statement {
  return db
    .prepare(`
      SELECT e.id, e.target, e.headers, e.retry_schedule, e.give_up_on, e.payload_format, e.held_until, e.secret,
        e.previous_secrets, e.secret_headers,
        iif(t.state = 'paused' AND e.state = 'enabled', 'paused', e.state) AS state
      FROM outbox_endpoints e JOIN outbox_tenants t ON t.id = e.tenant_id WHERE e.tenant_id = ?1 AND e.id = ?2`)
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
  /** Untried, and how often it had been begun before: whoever gives it back has not died of it. */
  starts?: number;
  /** What the attempt says of the endpoint; null for nothing. */
  says: "well" | "failing" | null;
  /** What is to be told of it. */
  news: Announcement | null;
  /** What is to be committed with it, and the verdict in its place if that is refused. */
  effects?: { planned: PlannedEffects; refused: (error: unknown) => Verdict };
}

/** What of a verdict the statements read. */
function asJson(verdicts: readonly Verdict[]): string {
  return JSON.stringify(verdicts.map(({ news: _news, effects: _effects, ...rest }) => rest));
}

/**
 * Fences what a handler gives to commit, which names no lease token: aborts the batch unless each of the deliveries
 * carries the task's. Otherwise it writes nothing.
 */
export function refuseIfLost(db: Database, task: DeliveryTask, seqs: readonly number[]): Statement {
  return db
    .prepare(`
      INSERT INTO outbox_deliveries (tenant_id, seq, endpoint_id, payload_bytes, state)
      SELECT NULL, ref.value, ?2, 0, 'pending' FROM json_each(?4) ref
      WHERE NOT EXISTS (
        SELECT 1 FROM outbox_deliveries d
        WHERE d.tenant_id = ?1 AND d.seq = ref.value AND d.endpoint_id = ?2 AND d.lease_token = ?3)`)
    .bind(task.tenantId, task.endpointId, task.leaseToken, JSON.stringify(seqs));
}

/** Whether `refuseIfLost` has aborted the batch. */
export function isLost(error: unknown): boolean {
  return violates(error, "NOT NULL", "outbox_deliveries.tenant_id");
}

/** Records attempts, fenced by the lease. A first one that delivered needs no row beside its delivery's own. */
export function insertAttempts(db: Database, task: DeliveryTask, verdicts: readonly Verdict[]): Statement {
  return db
    .prepare(`
      INSERT INTO outbox_attempts (tenant_id, seq, endpoint_id, n, outcome, started_at, duration_ms, http_status, error, excerpt)
      SELECT d.tenant_id, d.seq, d.endpoint_id, d.attempts + 1, a.value ->> '$.attempt.outcome',
        a.value ->> '$.attempt.startedAt', a.value ->> '$.attempt.durationMs', a.value ->> '$.attempt.httpStatus',
        a.value ->> '$.attempt.error', a.value ->> '$.attempt.excerpt'
      FROM json_each(?4) a
        CROSS JOIN outbox_deliveries d ON d.tenant_id = ?1 AND d.seq = a.value ->> 'seq' AND d.endpoint_id = ?2
      WHERE d.lease_token = ?3 AND a.value ->> '$.attempt.outcome' IS NOT NULL
        AND NOT (a.value ->> '$.attempt.outcome' = 'delivered' AND d.attempts = 0)`)
    .bind(task.tenantId, task.endpointId, task.leaseToken, asJson(verdicts));
}

/**
 * The compare-and-set of every outcome on the lease token: who has lost the lease changes nothing. `key_blocked`
 * tells that the key must not go on: this one is to be tried again, or dead and the order strict; or an earlier one was
 * replayed meanwhile.
 */
export function settleLeased(db: Database, task: DeliveryTask, verdicts: readonly Verdict[]): Statement {
  return db
    .prepare(`
      WITH v AS MATERIALIZED (
        SELECT value ->> 'seq' AS seq, value ->> 'state' AS state, value ->> 'dueAt' AS due_at,
          value ->> 'settledAt' AS settled_at, value ->> 'reason' AS reason,
          value ->> '$.attempt.outcome' IS NOT NULL AS tried, value ->> 'late' AS late, value ->> 'starts' AS starts,
          value ->> '$.attempt.startedAt' AS started_at, value ->> '$.attempt.durationMs' AS duration_ms,
          value ->> '$.attempt.httpStatus' AS http_status, value ->> '$.attempt.error' AS error,
          substr(value ->> '$.attempt.excerpt', 1, ?5) AS excerpt
        FROM json_each(?4)
      )
      UPDATE outbox_deliveries
      SET state = v.state, due_at = iif(v.tried, v.due_at, min(v.due_at, coalesce(was_due_at, v.due_at))), was_due_at = NULL,
        settled_at = v.settled_at, reason = v.reason, lease_token = NULL,
        attempts = attempts + v.tried, claims = iif(v.tried, 0, iif(v.late, claims, max(claims - 1, 0))),
        started_at = iif(v.tried, v.started_at, outbox_deliveries.started_at),
        duration_ms = iif(v.tried, v.duration_ms, outbox_deliveries.duration_ms),
        http_status = iif(v.tried, v.http_status, outbox_deliveries.http_status),
        error = iif(v.tried, v.error, outbox_deliveries.error),
        excerpt = iif(v.tried, v.excerpt, outbox_deliveries.excerpt),
        starts = iif(v.tried, 0, coalesce(v.starts, outbox_deliveries.starts)),
        blocks = ordering_key IS NOT NULL AND (v.due_at IS NOT NULL OR (v.state = 'dead' AND EXISTS (
          SELECT 1 FROM outbox_endpoints e WHERE e.tenant_id = ?1 AND e.id = ?2 AND e.ordering = 'strict'))),
        behind = v.due_at IS NOT NULL AND ordering_key IS NOT NULL AND ${earlierBlocks("outbox_deliveries")}
      FROM v
      WHERE outbox_deliveries.tenant_id = ?1 AND outbox_deliveries.seq = v.seq AND outbox_deliveries.endpoint_id = ?2
        AND outbox_deliveries.lease_token = ?3
      RETURNING seq,
        ordering_key IS NOT NULL AND (blocks = 1 OR ${earlierBlocks("outbox_deliveries")}) AS key_blocked`)
    .bind(task.tenantId, task.endpointId, task.leaseToken, asJson(verdicts), limits.shownExcerptLength);
}

/** What an endpoint was told by a 410, at the target that was called. */
export interface ToldGone {
  leaseToken: string;
  /** The sequence numbers of the deliveries it answered so. */
  seqs: readonly number[];
  target: string;
}

/** SQL: the endpoint is enabled, and where it was called; and a delivery that was told so is leased. `told`: JSON. */
export function isGone(tenantId: string, endpointId: string, told: string): string {
  return `EXISTS (
    SELECT 1 FROM outbox_endpoints e, json_each(${told}, '$.seqs') one
      CROSS JOIN outbox_deliveries d ON d.tenant_id = e.tenant_id AND d.seq = one.value AND d.endpoint_id = e.id
    WHERE e.tenant_id = ${tenantId} AND e.id = ${endpointId} AND e.state = 'enabled'
      AND e.target = ${told} ->> 'target' AND d.lease_token = ${told} ->> 'leaseToken')`;
}

/**
 * The endpoint said that it is no more. What still waits for it stays, until somebody enables or deletes it.
 * Counts only while the delivery that was told so is leased, hence before the settling in the batch; and while
 * the endpoint is where it was called.
 */
export function disableGone(db: Database, task: DeliveryTask, told: ToldGone, now: number): Statement {
  return db
    .prepare(`
      UPDATE outbox_endpoints SET state = 'disabled', state_reason = 'gone', version = version + 1, updated_at = ?4
      WHERE tenant_id = ?1 AND id = ?2 AND ${isGone("?1", "?2", "?3")} RETURNING id`)
    .bind(task.tenantId, task.endpointId, JSON.stringify(told), now);
}

/** Counts that a task is begun, as it may never be heard of again: at most once under a lease. */
export function countStarts(db: Database, task: DeliveryTask, now: number): Statement {
  const { tenantId, endpointId, leaseToken, seqs, starts = 0 } = task;
  return db
    .prepare(`
      UPDATE outbox_deliveries SET starts = starts + 1
      WHERE tenant_id = ?1 AND seq IN (SELECT value FROM json_each(?4)) AND endpoint_id = ?2
        AND lease_token = ?3 AND due_at > ?5 AND starts <= ?6`)
    .bind(tenantId, endpointId, leaseToken, JSON.stringify(seqs), now, starts);
}

/** Counts one of them, however often it is asked to. No row: the lease is lost. */
export function countStart(
  db: Database,
  task: DeliveryTask,
  { seq, starts }: Pick<LeasedRow, "seq" | "starts">,
): Statement {
  return db
    .prepare(`
      UPDATE outbox_deliveries SET starts = ?5
      WHERE tenant_id = ?1 AND seq = ?4 AND endpoint_id = ?2 AND lease_token = ?3 RETURNING starts`)
    .bind(task.tenantId, task.endpointId, task.leaseToken, seq, starts + 1);
}
