import { DrizzleQueryError } from "drizzle-orm";
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

/** A query of drizzle's that was not run yet. */
export interface Query {
  toSQL(): { sql: string; params: unknown[] };
}

export function toStatement(db: Database, query: Query): Statement {
  const { sql, params } = query.toSQL();
  return db.prepare(sql).bind(...params);
}

/** A statement of the app: D1's own, or a drizzle query that was not run yet. */
export type Write = Statement | Query;

export function writeStatement(db: Database, write: Write): Statement {
  return "toSQL" in write ? toStatement(db, write) : write;
}

/** One of them, to go into a batch. */
export type BatchQuery = BatchItem<"sqlite">;

/**
 * What else is to happen in the batch of a room, before anything else in it. What one of them refuses aborts the batch,
 * and reaches the caller as D1 gave it.
 */
export type Before = readonly (BatchQuery & Query)[];

/** Runs queries as one transaction, after what must come before them. Answers for the queries alone. */
export async function inOneWrite<const T extends readonly [BatchQuery, ...BatchQuery[]]>(
  { db, before = [] }: { db: Database; before?: Before | undefined },
  queries: T,
): Promise<BatchResponse<T>> {
  const all = [...before, ...queries] as unknown as readonly [BatchQuery, ...BatchQuery[]];
  const results = await queryBuilder(db).batch(all);
  return results.slice(before.length) as unknown as BatchResponse<T>;
}

/** The same for statements. */
export async function batchAfter<T = unknown>(
  { db, before = [] }: { db: Database; before?: Before | undefined },
  statements: readonly Statement[],
): Promise<D1Result<T>[]> {
  const results = await db.batch<T>([...before.map((query) => toStatement(db, query)), ...statements]);
  return results.slice(before.length);
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

/** drizzle wraps the error of a single statement, tells the statement with its values, and keeps D1's own as the cause. */
function d1Text(error: unknown): string {
  if (error instanceof DrizzleQueryError) return d1Text(error.cause);
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message} ${d1Text(error.cause)}`;
}
