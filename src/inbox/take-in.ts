import { type Database, faultOf, type Statement, violates } from "../db/database.ts";
import { type Write, writeStatements } from "../db/writes.ts";
import { inboxLimits as limits } from "./limits.ts";
import { deleteOldReceipts, insertReceipt, RECEIPT_KEY, type Receipt, selectReceipt } from "./statements.ts";

/** Consequence of a webhook. */
export interface Reaction {
  /** Drizzle queries that have not run, and D1's own prepared statements, in order. Defaults to none. */
  writes?: readonly Write[];
  /**
   * Commits the statements in place of `database.batch(writes)`. It must run all of them, with the record of the webhook first,
   * in this order and in one transaction of the same database, or throw D1's error. An answer with `duplicate: true`, such as
   * that of an outbox's `commit`, means that it ran nothing, because an earlier call did. Defaults to `database.batch`.
   */
  commit?: (writes: readonly Statement[]) => Promise<unknown>;
}

export interface Taken {
  /** False if this request committed it. True if it is on record by another request, or D1's answer to this one was lost. */
  duplicate: boolean;
  /** Error that came before the record was found. Undefined if there was none, or the record itself refused the batch. */
  error?: unknown;
}

/**
 * Commits the reaction to a webhook together with its record, in one batch, the record first. A repetition violates the
 * primary key of the record, which aborts the batch.
 *
 * Any other error leads to a search for the record. A webhook on record is a duplicate, even if its reaction cannot be built
 * again, or if D1 committed it without an answer. A batch may still be on its way when the search finds nothing: then the
 * sender tries again, and finds the record.
 *
 * @throws the error of `react` or of D1, if no record of the webhook is found
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
    // An overloaded D1 is spared the search.
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
