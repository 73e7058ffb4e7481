import { type Database, faultOf, toStatement, violates } from "../db/database.ts";
import { messageId } from "../domain/ids.ts";
import { OutboxError } from "../platform/errors.ts";
import type { Draft } from "./message.ts";
import type { Committed, CommittedMessage, Plan } from "./plan.ts";
import { type KeyRow, readCommitted, repetition } from "./repetition.ts";
import {
  type Admission,
  fanOutByEventType,
  fanOutToTargets,
  insertIdempotencyKey,
  insertMessage,
  selectByNonce,
  selectIdempotencyKey,
  selectMissingEndpoints,
} from "./statements.ts";

/**
 * The one batch of a commit. Undefined when it was not admitted: the tenant, the token or the event types are not, or
 * no longer, what the plan goes by. Then nothing was written, by this batch.
 */
export async function runBatch(
  db: Database,
  plan: Plan,
  typesVersion: number | null,
): Promise<Committed | undefined> {
  const admission = { ...plan, typesVersion };
  try {
    return await runOnce(db, plan, admission);
  } catch (error) {
    if (faultOf(error) === "rejected") return explainRefusal(db, plan, error);
    if (faultOf(error) === "overloaded") {
      throw new OutboxError({ code: "storage_unavailable" }, { cause: error });
    }
    return resolveUnanswered(db, plan, admission, error);
  }
}

async function runOnce(db: Database, plan: Plan, admission: Admission): Promise<Committed> {
  const { tenantId, drafts, now, traceparent } = plan;
  const guard =
    plan.key === undefined ? [] : [insertIdempotencyKey(db, admission, keyedCommit(plan, plan.key))];
  const appWrites = plan.writes.map((write) => ("toSQL" in write ? toStatement(db, write) : write));
  const inserts = drafts.map((draft, position) =>
    insertMessage(db, admission, draft, {
      idempotencyKey: position === 0 ? (plan.key ?? null) : null,
      traceparent,
    }),
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

/** Nothing was written: a repetition, something that the caller named and is not there, or the app's own error. */
async function explainRefusal(db: Database, plan: Plan, error: unknown): Promise<Committed | undefined> {
  if (
    plan.key !== undefined &&
    violates(error, "UNIQUE", "outbox_idempotency_keys.tenant_id, outbox_idempotency_keys.key")
  ) {
    const first = await selectIdempotencyKey(db, plan.tenantId, plan.key).first<KeyRow>();
    return repetition(db, plan, first ?? undefined);
  }
  const notAdmitted =
    violates(error, "NOT NULL", "outbox_messages.tenant_id") ||
    violates(error, "NOT NULL", "outbox_idempotency_keys.tenant_id");
  if (notAdmitted) return undefined;
  if (violates(error, "NOT NULL", "outbox_deliveries.endpoint_id"))
    throw await endpointFailure(db, plan, error);
  throw error;
}

async function endpointFailure(db: Database, plan: Plan, cause: unknown): Promise<OutboxError> {
  const named = plan.drafts.flatMap((draft) => draft.endpointIds ?? []);
  const missing = await selectMissingEndpoints(db, plan.tenantId, named).first<{ id: string }>();
  return new OutboxError(
    { code: "endpoint_not_found", endpointId: missing?.id ?? named.join(", ") },
    { cause },
  );
}

/**
 * D1 did not say whether it committed. With an idempotency key the batch is simply sent again: the key
 * lets it through once. Without one, sending it again could apply the app's statements twice, so it is
 * only looked for.
 */
async function resolveUnanswered(
  db: Database,
  plan: Plan,
  admission: Admission,
  cause: unknown,
): Promise<Committed | undefined> {
  const unknown = new OutboxError({ code: "outcome_unknown" }, { cause });
  if (plan.key !== undefined) {
    return runOnce(db, plan, admission)
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
