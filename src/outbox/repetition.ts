import type { Database } from "../db/database.ts";
import { type MessageIdRow, messageId } from "../domain/message-id.ts";
import { OutboxError } from "../platform/errors.ts";
import type { Committed, Plan } from "./plan.ts";
import { selectCommitted } from "./statements.ts";

/** The commit that used an idempotency key. */
export interface KeyRow {
  fingerprint: string;
  first_seq: number;
  message_count: number;
}

/**
 * Answers like the first commit with the key.
 * @throws {OutboxError} `idempotency_conflict`
 */
export async function repetition(db: Database, plan: Plan, first: KeyRow | undefined): Promise<Committed> {
  // Purged between the two, so a repetition will be a new commit.
  if (!first) throw new OutboxError({ code: "storage_unavailable" });
  if (first.fingerprint !== plan.fingerprint) {
    throw new OutboxError({ code: "idempotency_conflict", key: plan.key ?? "" });
  }
  const committed = await readCommitted(db, plan, first.first_seq, first.message_count);
  if (committed.messages.length === 0) throw new OutboxError({ code: "storage_unavailable" });
  return committed;
}

interface CommittedRow extends MessageIdRow {
  event_type: string;
  committed_at: number;
  deliveries: number;
}

/**
 * The stored result of a commit. It is this commit's own, and not a duplicate's, if the first message has its nonce.
 */
export async function readCommitted(
  db: Database,
  plan: Plan,
  firstSeq: number,
  count: number,
): Promise<Committed> {
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
