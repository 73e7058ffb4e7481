import { z } from "zod";
import { type Database, faultOf, type Query, type Statement, toStatement, violates } from "../db/database.ts";
import { messageId } from "../domain/ids.ts";
import { checked } from "../platform/check.ts";
import type { Clock, Random } from "../platform/clock.ts";
import { OutboxError } from "../platform/errors.ts";
import { limits } from "../platform/limits.ts";
import type { Log } from "../platform/log.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { type Draft, draftMessages, type MessageInput } from "./message.ts";
import {
  fanOutByEventType,
  fanOutToTargets,
  insertIdempotencyKey,
  insertMessage,
  selectByNonce,
  selectCommitted,
  selectIdempotencyKey,
  selectMissingEndpoints,
  selectTenantState,
} from "./statements.ts";
import type { Wake } from "./waker.ts";

/** A statement of the app: D1's own, or a drizzle query that was not run yet. */
export type Write = Statement | Query;

export interface CommitRequest {
  /** The app's own statements, in order. They are committed with the messages, or nothing is. */
  writes?: readonly Write[];
  /** From 1 to 100 messages, in the order in which they are to count as committed. */
  messages: readonly MessageInput[];
  /** Repeating a commit with the same key and the same messages changes nothing and answers as the first did. */
  idempotencyKey?: string;
}

export interface CommittedMessage {
  id: string;
  /** Its place in the tenant's sequence: 1, 2, 3 … in commit order, without a gap. */
  sequence: number;
  eventType: string;
  committedAt: Date;
  /** How many endpoints it goes to. 0: nobody was interested; it is kept and shows as such. */
  deliveries: number;
}

export interface Committed {
  messages: CommittedMessage[];
  /**
   * What D1 answered to each of the app's statements. Empty for a duplicate, as they were not run; and when D1's
   * answer was lost, and the commit found to have happened.
   */
  writes: D1Result[];
  /** True if the idempotency key had been used for this same commit before. */
  duplicate: boolean;
}

export interface CommitTools {
  db: Database;
  clock: Clock;
  random: Random;
  wake: Wake;
  log: Log;
}

export const keyInput = z
  .string()
  .min(1)
  .max(limits.idempotencyKeyLength)
  .regex(/^[\x20-\x7e]*$/, { error: "must be printable ASCII" });

/**
 * The promise: the app's statements, the messages and a delivery for each endpoint concerned become one
 * D1 batch, which is one transaction and one round trip. Afterwards the tenant's relay is woken; should
 * that get lost, the sweep finds the deliveries within a minute or so.
 *
 * @throws {OutboxError} `invalid_input`, `payload_too_large`, `tenant_not_found`, `endpoint_not_found`,
 * `idempotency_conflict`: nothing was written. `storage_unavailable`: nothing was written, try again.
 * `outcome_unknown`: it may have been; repeat it with an idempotency key.
 * An error of the app's own statements is thrown as D1 gave it, and nothing was written.
 */
export async function commit(
  tools: CommitTools,
  tenantId: string,
  request: CommitRequest,
): Promise<Committed> {
  const now = tools.clock.now();
  const drafts = draftMessages(request.messages, now, tools.random);
  const key = request.idempotencyKey;
  if (key !== undefined) checked(keyInput, key, "idempotencyKey");
  const plan: Plan = { tenantId, now, drafts, key, fingerprint: key ? fingerprintOf(drafts) : "" };

  const committed = await runBatch(tools, plan, request.writes ?? []);

  const firstDueAt = earliestDueAt(drafts, committed.messages, now);
  if (!committed.duplicate && firstDueAt !== undefined) tools.wake(tenantId, firstDueAt);
  logCommitted(tools.log, tenantId, committed, tools.clock.now() - now);
  return committed;
}

interface Plan {
  tenantId: string;
  now: number;
  drafts: Draft[];
  key: string | undefined;
  fingerprint: string;
}

async function runBatch(tools: CommitTools, plan: Plan, writes: readonly Write[]): Promise<Committed> {
  try {
    return await runOnce(tools.db, plan, writes);
  } catch (error) {
    if (faultOf(error) === "rejected") return explainRefusal(tools.db, plan, error);
    if (faultOf(error) === "overloaded") {
      throw new OutboxError({ code: "storage_unavailable" }, { cause: error });
    }
    return resolveUnanswered(tools.db, plan, writes, error);
  }
}

async function runOnce(db: Database, plan: Plan, writes: readonly Write[]): Promise<Committed> {
  const { tenantId, drafts, now } = plan;
  const guard =
    plan.key === undefined ? [] : [insertIdempotencyKey(db, tenantId, keyedCommit(plan, plan.key), now)];
  const appWrites = writes.map((write) => ("toSQL" in write ? toStatement(db, write) : write));
  const inserts = drafts.map((draft, position) =>
    insertMessage(db, tenantId, draft, position === 0 ? (plan.key ?? null) : null, now),
  );
  const byType = drafts.some((draft) => !draft.endpointIds)
    ? [fanOutByEventType(db, tenantId, drafts.length)]
    : [];
  const byTarget = drafts.some((draft) => draft.endpointIds)
    ? [fanOutToTargets(db, tenantId, drafts.length)]
    : [];

  const results = await db.batch<{ seq: number }>([
    ...guard,
    ...appWrites,
    ...inserts,
    ...byType,
    ...byTarget,
  ]);

  const afterGuard = results.slice(guard.length);
  const afterWrites = afterGuard.slice(appWrites.length);
  const seqs = afterWrites.slice(0, inserts.length).flatMap(({ results }) => results.map(({ seq }) => seq));
  const deliveries = countBySeq(afterWrites.slice(inserts.length).flatMap(({ results }) => results));
  return {
    messages: drafts.map((draft, position) => describe(draft, seqs[position] ?? Number.NaN, deliveries, now)),
    writes: afterGuard.slice(0, appWrites.length),
    duplicate: false,
  };
}

function countBySeq(rows: readonly { seq: number }[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const { seq } of rows) counts.set(seq, (counts.get(seq) ?? 0) + 1);
  return counts;
}

function describe(draft: Draft, seq: number, deliveries: Map<number, number>, now: number): CommittedMessage {
  return {
    id: messageId({ seq, nonce: draft.nonce }),
    sequence: seq,
    eventType: draft.eventType,
    committedAt: new Date(now),
    deliveries: deliveries.get(seq) ?? 0,
  };
}

function keyedCommit(plan: Plan, key: string) {
  return { key, fingerprint: plan.fingerprint, messageCount: plan.drafts.length };
}

/** Nothing was written: a repetition, something the caller named that is not there, or the app's own error. */
async function explainRefusal(db: Database, plan: Plan, error: unknown): Promise<Committed> {
  if (
    plan.key !== undefined &&
    violates(error, "UNIQUE", "idempotency_keys.tenant_id, idempotency_keys.key")
  ) {
    return repetition(db, plan, plan.key);
  }
  const tenantMissing =
    violates(error, "NOT NULL", "messages.tenant_id") ||
    violates(error, "NOT NULL", "idempotency_keys.tenant_id");
  if (tenantMissing) throw await tenantFailure(db, plan.tenantId, error);
  if (violates(error, "NOT NULL", "deliveries.endpoint_id")) throw await endpointFailure(db, plan, error);
  throw error;
}

async function tenantFailure(db: Database, tenantId: string, cause: unknown): Promise<OutboxError> {
  const tenant = await selectTenantState(db, tenantId).first();
  return new OutboxError({ code: tenant ? "tenant_deleted" : "tenant_not_found", tenantId }, { cause });
}

async function endpointFailure(db: Database, plan: Plan, cause: unknown): Promise<OutboxError> {
  const named = plan.drafts.flatMap((draft) => draft.endpointIds ?? []);
  const missing = await selectMissingEndpoints(db, plan.tenantId, named).first<{ id: string }>();
  return new OutboxError(
    { code: "endpoint_not_found", endpointId: missing?.id ?? named.join(", ") },
    { cause },
  );
}

interface KeyRow {
  fingerprint: string;
  first_seq: number;
  message_count: number;
}

async function repetition(db: Database, plan: Plan, key: string): Promise<Committed> {
  const first = await selectIdempotencyKey(db, plan.tenantId, key).first<KeyRow>();
  // Purged between the two: the next time it is a commit of its own.
  if (!first) throw new OutboxError({ code: "storage_unavailable" });
  if (first.fingerprint !== plan.fingerprint) throw new OutboxError({ code: "idempotency_conflict", key });
  const committed = await readCommitted(db, plan, first.first_seq, first.message_count);
  if (committed.messages.length === 0) throw new OutboxError({ code: "storage_unavailable" });
  return committed;
}

interface CommittedRow {
  seq: number;
  nonce: string;
  event_type: string;
  committed_at: number;
  deliveries: number;
}

async function readCommitted(db: Database, plan: Plan, firstSeq: number, count: number): Promise<Committed> {
  const { results } = await selectCommitted(db, plan.tenantId, firstSeq, count).all<CommittedRow>();
  return {
    messages: results.map((row) => ({
      id: messageId(row),
      sequence: row.seq,
      eventType: row.event_type,
      committedAt: new Date(row.committed_at),
      deliveries: row.deliveries,
    })),
    writes: [],
    duplicate: results[0]?.nonce !== plan.drafts[0]?.nonce,
  };
}

/**
 * D1 did not say whether it committed. With an idempotency key the batch is simply sent again: the key
 * lets it through once. Without one, sending it again could apply the app's statements twice, so it is
 * only looked for.
 */
async function resolveUnanswered(
  db: Database,
  plan: Plan,
  writes: readonly Write[],
  cause: unknown,
): Promise<Committed> {
  const unknown = new OutboxError({ code: "outcome_unknown" }, { cause });
  if (plan.key !== undefined) {
    return runOnce(db, plan, writes)
      .catch((error) => {
        if (faultOf(error) !== "rejected") throw unknown;
        return explainRefusal(db, plan, error);
      })
      .catch((error) => {
        throw error instanceof OutboxError || faultOf(error) === "rejected" ? error : unknown;
      });
  }
  const nonce = plan.drafts[0]?.nonce ?? "";
  try {
    const found = await selectByNonce(db, plan.tenantId, nonce).first<{ seq: number }>();
    if (found) return await readCommitted(db, plan, found.seq, plan.drafts.length);
  } catch {
    throw unknown;
  }
  throw unknown;
}

function earliestDueAt(drafts: readonly Draft[], messages: readonly CommittedMessage[], now: number) {
  const dueAts = drafts
    .filter((_, position) => (messages[position]?.deliveries ?? 0) > 0)
    .map((draft) => Math.max(draft.deliverAt ?? now, now));
  return dueAts.length > 0 ? Math.min(...dueAts) : undefined;
}

function logCommitted(log: Log, tenantId: string, committed: Committed, durationMs: number) {
  const first = committed.messages[0];
  log("message.committed", {
    tenant: tenantId,
    message: first?.id,
    eventType: first?.eventType,
    messages: committed.messages.length,
    deliveries: committed.messages.reduce((sum, message) => sum + message.deliveries, 0),
    duplicate: committed.duplicate,
    durationMs,
  });
}
