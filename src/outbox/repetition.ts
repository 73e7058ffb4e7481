import { type Database, readRows } from "../db/database.ts";
import { messageId } from "../domain/message-id.ts";
import { OutboxError } from "../platform/errors.ts";
import type { Made, Plan } from "./plan.ts";
import type { CommittedRow, KeyRow, LeasedAtCommit } from "./rows.ts";
import { selectCommitted, selectLeasedAtCommit } from "./statements.ts";

/**
 * Repeats the answer of the first commit with the key.
 * @throws {OutboxError} `idempotency_conflict`
 */
export async function repetition(db: Database, plan: Plan, first: KeyRow | undefined): Promise<Made> {
  // The key was purged in between: the next attempt is a commit of its own.
  if (!first) throw new OutboxError({ code: "storage_unavailable" });
  const { fingerprint } = first;
  if (fingerprint !== plan.fingerprint && !(await plan.equals?.(fingerprint))) {
    throw new OutboxError({ code: "idempotency_conflict", key: plan.key ?? "" });
  }
  const committed = await readCommitted(db, plan, first.first_seq, first.message_count);
  // Its key was purged with its first message, since it was read.
  if (committed.result.messages[0]?.sequence !== first.first_seq)
    throw new OutboxError({ code: "storage_unavailable" });
  return committed;
}

/**
 * Reads committed messages. The commit is this one, and no duplicate, if the first message has its nonce. The relay must look at
 * once, because the first committer may have died before its wake.
 */
export async function readCommitted(
  db: Database,
  plan: Plan,
  firstSeq: number,
  count: number,
): Promise<Made> {
  const { tenantId, lease, now } = plan;
  const [rows, leased] = await readRows<[CommittedRow, LeasedAtCommit]>(db, [
    selectCommitted(db, tenantId, firstSeq, count),
    selectLeasedAtCommit(db, tenantId, { firstSeq, count, token: lease?.token ?? null }),
  ]);
  const messages = rows.map((row) => ({
    id: messageId(row),
    sequence: row.seq,
    eventType: row.event_type,
    committedAt: new Date(row.committed_at),
    deliveries: row.deliveries,
  }));
  const duplicate = rows[0]?.nonce !== plan.drafts[0]?.nonce;
  return { result: { messages, writes: [], duplicate }, leased, lookAt: now };
}
