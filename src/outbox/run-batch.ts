import { type Database, faultOf, inOneBatch, violates } from "../db/database.ts";
import type { MessageRef } from "../domain/message-id.ts";
import { OutboxError } from "../platform/errors.ts";
import { boundDeliveries, isTooMany, tooManyDeliveries } from "./bound-deliveries.ts";
import { chargeUsage, quotaExceeded } from "./charge-usage.ts";
import { insertMessages } from "./insert-messages.ts";
import type { Made, Plan } from "./plan.ts";
import { readCommitted, repetition } from "./repetition.ts";
import type { KeyRow } from "./rows.ts";
import { isSenderRefused, selectSenders, senderNotAllowed } from "./senders.ts";
import {
  type Admission,
  insertIdempotencyKey,
  selectByNonce,
  selectIdempotencyKey,
  selectMissingEndpoints,
} from "./statements.ts";

/**
 * Runs the one batch of a commit. Undefined if it was not admitted, because the tenant, the token or the event types
 * differ from the plan; this batch then wrote nothing.
 */
export async function runBatch(
  db: Database,
  plan: Plan,
  typesVersion: number | null,
): Promise<Made | undefined> {
  const admission = { ...plan, typesVersion };
  try {
    return await runOnce(db, plan, admission);
  } catch (error) {
    const fault = faultOf(error);
    if (fault === "rejected") return explainRefusal(db, plan, error);
    if (fault === "ambiguous") return resolveUnanswered(db, plan, admission, error);
    const code = fault === "full" ? "storage_full" : "storage_unavailable";
    throw new OutboxError({ code }, { cause: error });
  }
}

async function runOnce(db: Database, plan: Plan, admission: Admission): Promise<Made> {
  const { drafts, key } = plan;
  const guard = key === undefined ? [] : [insertIdempotencyKey(db, admission, keyedCommit(plan, key))];
  const insertion = insertMessages(db, admission, drafts, plan);

  const bound = boundDeliveries(db, admission, drafts, plan.handlers);
  const before = [...guard, ...bound];
  const charge = chargeUsage(db, plan.tenantId, plan.now, drafts.length);
  const [, writes = [], inserted = []] = await inOneBatch(db, [
    before,
    plan.writes,
    [...insertion.statements, charge],
  ]);

  const { messages, leased, firstDueAt: lookAt } = insertion.read(inserted);
  return { result: { messages, writes, duplicate: false }, leased, lookAt };
}

function keyedCommit(plan: Plan, key: string) {
  return { key, fingerprint: plan.fingerprint, messageCount: plan.drafts.length };
}

/** Handles a refused batch, which wrote nothing: a repetition, a missing endpoint, or the app's own error. */
async function explainRefusal(db: Database, plan: Plan, error: unknown): Promise<Made | undefined> {
  if (
    plan.key !== undefined &&
    violates(error, "UNIQUE", "outbox_idempotency_keys.tenant_id, outbox_idempotency_keys.key")
  ) {
    return readRepetition(db, plan, plan.key).catch((failed) => unanswered(failed, "outcome_unknown"));
  }
  const notAdmitted =
    violates(error, "NOT NULL", "outbox_messages.tenant_id") ||
    violates(error, "NOT NULL", "outbox_idempotency_keys.tenant_id");
  if (notAdmitted) return undefined;
  if (isTooMany(error)) throw tooManyDeliveries();
  if (isSenderRefused(error)) {
    throw await senderFailure(db, plan).catch((failed) => unanswered(failed, "storage_unavailable"));
  }
  const exceeded = quotaExceeded(error, plan.now);
  if (exceeded) throw exceeded;
  if (violates(error, "NOT NULL", "outbox_deliveries.endpoint_id")) {
    throw await endpointFailure(db, plan, error).catch((failed) => unanswered(failed, "storage_unavailable"));
  }
  throw error;
}

async function readRepetition(db: Database, plan: Plan, key: string): Promise<Made> {
  const first = await selectIdempotencyKey(db, plan.tenantId, key).first<KeyRow>();
  return repetition(db, plan, first ?? undefined);
}

/** The reason of the refusal is unknown, so D1's error must not pass for the app's own. */
function unanswered(error: unknown, code: "outcome_unknown" | "storage_unavailable"): never {
  if (error instanceof OutboxError || faultOf(error) === "rejected") throw error;
  throw new OutboxError({ code }, { cause: error });
}

async function senderFailure(db: Database, { tenantId, drafts }: Plan): Promise<OutboxError> {
  const found = await selectSenders(db, tenantId).first<{ senders: string | null }>();
  return senderNotAllowed(drafts, JSON.parse(found?.senders ?? "null"));
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
 * Handles an unanswered batch. With an idempotency key it is sent again, as the key admits it once. Without one, a
 * repetition could apply the app's statements twice, so the commit is only looked for.
 */
async function resolveUnanswered(
  db: Database,
  plan: Plan,
  admission: Admission,
  cause: unknown,
): Promise<Made | undefined> {
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
    const found = await selectByNonce(db, plan.tenantId, nonce).first<Pick<MessageRef, "seq">>();
    if (found) return await readCommitted(db, plan, found.seq, plan.drafts.length);
  } catch {
    throw unknown;
  }
  throw unknown;
}
