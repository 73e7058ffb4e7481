import { type Database, faultOf, type Statement, violates } from "../db/database.ts";
import { type Write, writeStatements } from "../db/writes.ts";
import { inboxLimits as limits } from "./limits.ts";
import { deleteOldReceipts, insertReceipt, RECEIPT_KEY, type Receipt, selectReceipt } from "./statements.ts";

/** Effect of a webhook. */
export interface Effect {
  /** Drizzle queries that have not run yet, and D1's own prepared statements, in order. Defaults to none. */
  writes?: readonly Write[];
  /**
   * Commits in place of `database.batch(writes)`. It gets all statements, the record of the webhook first, and must run
   * them in this order in one transaction of the same database, or throw D1's error. An answer with `duplicate: true`,
   * as an outbox's commit gives, means that it ran nothing, because they had run before.
   */
  commit?: (writes: readonly Statement[]) => Promise<unknown>;
}

export interface Taken {
  /** False: this request committed it. True: another request did, or D1's answer to this one was lost. */
  duplicate: boolean;
  /** Error before the record was found. Undefined if there was none, or if the record refused. */
  error?: unknown;
}

/**
 * Commits a webhook's effect with the record of it: in one batch, the record first. A repetition violates its primary
 * key, which aborts the batch.
 *
 * After any other error the record is looked up: a webhook taken in before is a duplicate even if its effect fails now,
 * and so is one that D1 committed without an answer. A record that is not found may still be on its way, so the sender
 * tries again, and meets it.
 *
 * @throws errors of `react` and D1: the webhook is not on record, as far as is known
 */
export async function takeIn(
  tools: { db: Database; rememberMs: number },
  receipt: Receipt,
  react: () => Promise<Effect | undefined>,
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
    // An overloaded D1 is not asked again.
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
