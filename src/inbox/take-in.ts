import { type Database, faultOf, type Statement, violates } from "../db/database.ts";
import { type Write, writeStatements } from "../db/writes.ts";
import { inboxLimits as limits } from "./limits.ts";
import { deleteOldReceipts, insertReceipt, RECEIPT_KEY, type Receipt, selectReceipt } from "./statements.ts";

/** Consequence of a webhook. */
export interface Reaction {
  /** Drizzle queries that were not run yet, and D1's own prepared statements, in order. Default none. */
  writes?: readonly Write[];
  /**
   * Commits in place of `database.batch(writes)`. It is handed all that belongs together, the record of the webhook first, and
   * must run all of it, in this order, in one transaction of the same database, or throw what D1 threw. An answer with
   * `duplicate: true`, as the commit of an outbox gives one, means that it has run nothing, because it did so before.
   */
  commit?: (writes: readonly Statement[]) => Promise<unknown>;
}

export interface Taken {
  /** False: this request has committed it. True: it is on record, by another one, or because D1's answer to this one was lost. */
  duplicate: boolean;
  /** What went wrong before the record was found. Undefined: nothing, or it was the record that refused. */
  error?: unknown;
}

/**
 * Commits the reaction to a webhook with the record of it: in one batch, the record first. A repetition violates its primary
 * key, which aborts the batch.
 *
 * Whatever else goes wrong, the record is asked for: what was taken in before is a duplicate also where its reaction could not
 * be had again, and so is what D1 committed without an answer. Not found, it may still be on its way: then the sender
 * tries again, and meets it.
 *
 * @throws what `react` or D1 threw: the webhook is not on record, as far as is known
 */
export async function takeIn(
  tools: { db: Database; rememberMs: number },
  receipt: Receipt,
  react: () => Promise<Reaction | undefined>,
): Promise<Taken> {
  const { db } = tools;
  try {
    const { writes = [], commit = (all: readonly Statement[]) => db.batch([...all]) } = (await react()) ?? {};
    const answer = await commit([
      insertReceipt(db, receipt),
      ...writeStatements(db, writes),
      deleteOldReceipts(db, {
        source: receipt.source,
        before: receipt.receivedAt - tools.rememberMs,
        limit: limits.forgottenAtOnce,
      }),
    ]);
    return { duplicate: saysDuplicate(answer) };
  } catch (error) {
    if (violates(error, "UNIQUE", RECEIPT_KEY)) return { duplicate: true };
    // Who has too much to do is not asked for more.
    if (faultOf(error) !== "overloaded" && (await isOnRecord(db, receipt))) return { duplicate: true, error };
    throw error;
  }
}

function saysDuplicate(answer: unknown): boolean {
  return typeof answer === "object" && answer !== null && "duplicate" in answer && answer.duplicate === true;
}

async function isOnRecord(db: Database, receipt: Receipt): Promise<boolean> {
  try {
    return (await selectReceipt(db, receipt).first()) !== null;
  } catch {
    return false;
  }
}
