import type { BatchItem, BatchResponse } from "drizzle-orm/batch";
import { drizzle } from "drizzle-orm/d1";
import * as schema from "./schema.ts";

/** What the rooms need of D1: to prepare statements, and to run several as one transaction. */
export type Database = Pick<D1Database, "prepare" | "batch">;
export type Statement = D1PreparedStatement;

/** The query builder, for the rooms whose queries are not hot. Reads and single writes only. */
export function queryBuilder(db: Database) {
  return drizzle(db as D1Database, { schema });
}

/** What is put before a write, in its batch. An error of it reaches the caller as D1 gave it. */
export type Before = readonly BatchItem<"sqlite">[];

/** Runs writes as one transaction, after what is put before them, and answers what they did. */
export async function writeAfter<T extends readonly [BatchItem<"sqlite">, ...BatchItem<"sqlite">[]]>(
  db: Database,
  before: Before,
  writes: T,
): Promise<BatchResponse<T>> {
  const results = await queryBuilder(db).batch([...before, ...writes] as unknown as T);
  return results.slice(before.length) as BatchResponse<T>;
}

/** Runs groups of statements as one transaction, and answers by group. */
export async function inOneBatch<T>(
  db: Database,
  groups: readonly (readonly Statement[])[],
): Promise<D1Result<T>[][]> {
  const results = await db.batch<T>(groups.flat());
  let from = 0;
  return groups.map((group) => {
    const own = results.slice(from, from + group.length);
    from += group.length;
    return own;
  });
}

/** D1's documented words for "what you sent may have been committed, or not". */
const AMBIGUOUS =
  /Network connection lost|caused object to be reset|reset because its code was updated|exceeded timeout|timed out/i;
/** D1's words for "not taken on: too much to do". */
const OVERLOADED = /overloaded|too many requests queued|database is locked|SQLITE_BUSY/i;

/** `rejected`: the statement itself was wrong, or a constraint refused it; trying again changes nothing. */
export type D1Fault = "ambiguous" | "overloaded" | "rejected";

export function faultOf(error: unknown): D1Fault {
  const text = d1Text(error);
  if (OVERLOADED.test(text)) return "overloaded";
  return AMBIGUOUS.test(text) ? "ambiguous" : "rejected";
}

/** Whether a constraint refused a statement; `subject` is `table.column`, or several joined by ", ". */
export function violates(error: unknown, constraint: "UNIQUE" | "NOT NULL", subject: string): boolean {
  return d1Text(error).includes(`${constraint} constraint failed: ${subject}`);
}

/** drizzle wraps the error of a single statement and keeps D1's own as the cause. */
function d1Text(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message} ${d1Text(error.cause)}`;
}
