import { type Database, type Statement, violates } from "../db/database.ts";
import { earlierBlocks } from "../db/earlier-of-key.ts";
import { messageKey } from "../db/message-key.ts";
import { MESSAGE_ID } from "../db/message-ref.ts";
import { payloadText } from "../db/payload.ts";
import { SENDING_STATE } from "../db/sending-state.ts";
import { DIRECT_EMAIL_ENDPOINT } from "../domain/ids.ts";
import { limits } from "../platform/limits.ts";
import type { DeliveryTask } from "../relay/delivery-task.ts";
import { ENDPOINT_COLUMNS, LEASED_COLUMNS, type LeasedRow } from "./rows.ts";
import type { Verdict } from "./verdict.ts";

const NOT_OF_THIS_LEASE = "AND (earlier.lease_token IS NOT ?3 OR earlier.due_at <= ?5)";

/** Deliveries of a task that still carry its lease. Others were settled, or claimed anew. */
export function selectLeased(db: Database, task: DeliveryTask, now: number): Statement {
  return db
    .prepare(`
      SELECT ${MESSAGE_ID}, ${LEASED_COLUMNS}, ${payloadText("m")} AS payload,
        d.ordering_key IS NOT NULL AND ${earlierBlocks("d", "d.endpoint_id", NOT_OF_THIS_LEASE)} AS blocked
      FROM json_each(?4) ref
        CROSS JOIN outbox_deliveries d ON d.tenant_id = ?1 AND d.seq = ref.value AND d.endpoint_id = ?2
        CROSS JOIN outbox_messages m ON m.tenant_id = ?1 AND m.id = ${messageKey("?1", "d.seq")}
      WHERE d.lease_token = ?3 AND d.due_at > ?5
      ORDER BY d.seq`)
    .bind(task.tenantId, task.endpointId, task.leaseToken, JSON.stringify(task.seqs), now);
}

export function selectEndpoint(db: Database, task: DeliveryTask): Statement {
  return db
    .prepare(`
      SELECT ${ENDPOINT_COLUMNS},
        ${SENDING_STATE} AS state,
        e.channel = 'email' AND EXISTS (SELECT 1 FROM outbox_suppressions s WHERE s.tenant_id = ?1) AS suppresses,
        e.id = '${DIRECT_EMAIL_ENDPOINT}'
          AND EXISTS (SELECT 1 FROM outbox_unsubscribes u WHERE u.tenant_id = ?1) AS has_unsubscribed
      FROM outbox_endpoints e JOIN outbox_tenants t ON t.id = e.tenant_id WHERE e.tenant_id = ?1 AND e.id = ?2`)
    .bind(task.tenantId, task.endpointId);
}

/** Counts the beginning of a task, which may end without a result: at most once under a lease. */
export function countStarts(db: Database, task: DeliveryTask, now: number): Statement {
  const { tenantId, endpointId, leaseToken, seqs, starts = 0 } = task;
  return db
    .prepare(`
      UPDATE outbox_deliveries SET starts = starts + 1
      WHERE tenant_id = ?1 AND seq IN (SELECT value FROM json_each(?4)) AND endpoint_id = ?2
        AND lease_token = ?3 AND due_at > ?5 AND starts <= ?6`)
    .bind(tenantId, endpointId, leaseToken, JSON.stringify(seqs), now, starts);
}

/** Counts the beginning of one delivery, once, however often it runs. No row: the lease is lost. */
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

/**
 * Fences the effects of handlers, whose statements name no lease token: aborts the batch unless every delivery carries
 * the task's token. Writes nothing otherwise.
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

/** True if `refuseIfLost` has aborted the batch. */
export function isLost(error: unknown): boolean {
  return violates(error, "NOT NULL", "outbox_deliveries.tenant_id");
}

/** The part of verdicts that the statements read. */
function asJson(verdicts: readonly Verdict[]): string {
  return JSON.stringify(verdicts.map(({ announcement: _announcement, effects: _effects, ...rest }) => rest));
}

/** Records attempts, fenced by the lease. A first attempt that delivered needs no row beside its delivery's. */
export function insertAttempts(db: Database, task: DeliveryTask, verdicts: readonly Verdict[]): Statement {
  return db
    .prepare(`
      INSERT INTO outbox_attempts (tenant_id, seq, endpoint_id, n, outcome, started_at, duration_ms, http_status, error, excerpt,
        endpoint_version, response_headers)
      SELECT d.tenant_id, d.seq, d.endpoint_id, d.attempts + 1, a.value ->> '$.attempt.outcome',
        a.value ->> '$.attempt.startedAt', a.value ->> '$.attempt.durationMs', a.value ->> '$.attempt.httpStatus',
        a.value ->> '$.attempt.error', a.value ->> '$.attempt.excerpt', a.value ->> '$.attempt.endpointVersion',
        a.value ->> '$.attempt.headers'
      FROM json_each(?4) a
        CROSS JOIN outbox_deliveries d ON d.tenant_id = ?1 AND d.seq = a.value ->> 'seq' AND d.endpoint_id = ?2
      WHERE d.lease_token = ?3 AND a.value ->> '$.attempt.outcome' IS NOT NULL
        AND NOT (a.value ->> '$.attempt.outcome' = 'delivered' AND d.attempts = 0)`)
    .bind(task.tenantId, task.endpointId, task.leaseToken, asJson(verdicts));
}

/**
 * Sets the outcome if the lease token still stands: a consumer that has lost the lease changes nothing. `key_blocked`:
 * the key must not go on, because this delivery is to be tried again, or is dead in strict order, or an earlier one was
 * replayed meanwhile.
 */
export function settleLeased(db: Database, task: DeliveryTask, verdicts: readonly Verdict[]): Statement {
  return db
    .prepare(`
      WITH v AS MATERIALIZED (
        SELECT value ->> 'seq' AS seq, value ->> 'state' AS state, value ->> 'dueAt' AS due_at,
          value ->> 'settledAt' AS settled_at, value ->> 'reason' AS reason,
          value ->> '$.attempt.outcome' IS NOT NULL AS tried, value ->> 'late' AS late, value ->> 'starts' AS starts,
          value ->> 'waitsSince' AS waits_since, value ->> 'batch' AS batch,
          value ->> '$.attempt.startedAt' AS started_at, value ->> '$.attempt.durationMs' AS duration_ms,
          value ->> '$.attempt.httpStatus' AS http_status, value ->> '$.attempt.error' AS error,
          substr(value ->> '$.attempt.excerpt', 1, ?5) AS excerpt,
          value ->> '$.attempt.endpointVersion' AS endpoint_version, value ->> '$.attempt.headers' AS response_headers,
          value ->> '$.attempt.providerRef' AS provider_ref
        FROM json_each(?4)
      )
      UPDATE outbox_deliveries
      SET state = v.state, was_due_at = NULL,
        due_at = iif(v.tried OR v.waits_since IS NOT NULL, v.due_at, min(v.due_at, coalesce(was_due_at, v.due_at))),
        settled_at = v.settled_at, reason = v.reason, lease_token = NULL,
        attempts = attempts + v.tried, spared = spared + (v.tried AND v.waits_since IS NOT NULL AND v.state = 'pending'),
        waits_since = coalesce(v.waits_since, outbox_deliveries.waits_since),
        batch = iif(v.tried, v.batch, coalesce(v.batch, outbox_deliveries.batch)),
        claims = iif(v.tried, 0, iif(v.late, claims, max(claims - 1, 0))),
        started_at = iif(v.tried, v.started_at, outbox_deliveries.started_at),
        duration_ms = iif(v.tried, v.duration_ms, outbox_deliveries.duration_ms),
        http_status = iif(v.tried, v.http_status, outbox_deliveries.http_status),
        error = iif(v.tried, v.error, outbox_deliveries.error),
        excerpt = iif(v.tried, v.excerpt, outbox_deliveries.excerpt),
        endpoint_version = iif(v.tried, v.endpoint_version, outbox_deliveries.endpoint_version),
        response_headers = iif(v.tried, v.response_headers, outbox_deliveries.response_headers),
        provider_ref = coalesce(v.provider_ref, outbox_deliveries.provider_ref),
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
