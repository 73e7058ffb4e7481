import type { BatchItem, BatchResponse } from "drizzle-orm/batch";
import { drizzle } from "drizzle-orm/d1";

/** D1 as the rooms see it: prepares statements, and runs several as one transaction. */
export type Database = Pick<D1Database, "prepare" | "batch">;
export type Statement = D1PreparedStatement;

/** drizzle's query builder, for queries that are not hot. Only for reads and single writes. */
export function queryBuilder(db: Database) {
  return drizzle(db as D1Database);
}

/** A query of drizzle's that has not run yet. */
interface Query {
  toSQL(): { sql: string; params: unknown[] };
}

function toStatement(db: Database, query: Query): Statement {
  const { sql, params } = query.toSQL();
  return db.prepare(sql).bind(...params);
}

/** A statement for a batch. */
type BatchQuery = BatchItem<"sqlite">;

/**
 * Statements at the beginning of a room's batch. A refusal of one aborts the batch, and reaches the caller as D1 raised
 * it.
 */
export type Before = readonly (BatchQuery & Query)[];

/** Runs queries as one transaction, after the `before` statements. Answers only the queries' results. */
export async function inOneWrite<const T extends readonly [BatchQuery, ...BatchQuery[]]>(
  { db, before = [] }: { db: Database; before?: Before | undefined },
  queries: T,
): Promise<BatchResponse<T>> {
  const all = [...before, ...queries] as unknown as readonly [BatchQuery, ...BatchQuery[]];
  const results = await queryBuilder(db).batch(all);
  return results.slice(before.length) as unknown as BatchResponse<T>;
}

/** Runs statements as one transaction, after the `before` statements. Answers only the statements' results. */
export async function batchAfter<T = unknown>(
  { db, before = [] }: { db: Database; before?: Before | undefined },
  statements: readonly Statement[],
): Promise<D1Result<T>[]> {
  const results = await db.batch<T>([...before.map((query) => toStatement(db, query)), ...statements]);
  return results.slice(before.length);
}

/** Runs statements as one transaction. Answers the rows of each. */
export async function readRows<Rows extends readonly unknown[]>(
  db: Database,
  statements: { [Read in keyof Rows]: Statement },
): Promise<{ [Read in keyof Rows]: Rows[Read][] }> {
  const answers = await db.batch([...statements]);
  return answers.map(({ results }) => results) as { [Read in keyof Rows]: Rows[Read][] };
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

/**
 * Says what an error of D1 means for what was sent:
 * - `ambiguous`: it may have been committed, or not;
 * - `overloaded`: D1 did not take it on, and later it may;
 * - `full`: the database, or the account, has no capacity for it; nothing was written;
 * - `rejected`: it was wrong, or a constraint refused it; nothing was written, and trying again changes nothing.
 */
export type D1Fault = "ambiguous" | "overloaded" | "full" | "rejected";

/** The mark of D1's binding. Errors of the transport below lack it. */
const SIGNED = /\bD1_([A-Z_]+): /;
const SIGNED_AT_START = /^D1_[A-Z_]+: /;
/** The binding did not send it. */
const UNSENT = ["TYPE_ERROR", "COLUMN_NOTFOUND"];
/** SQLite's message ends with its code, after words that may come from an app's trigger or constraint. */
const SQLITE_CODE = /: SQLITE_([A-Z]+)[A-Z_]*(?: \(extended: SQLITE_[A-Z_]+\))?\s*$/;
const FAULT_OF_CODE: Partial<Record<string, D1Fault>> = {
  BUSY: "overloaded",
  LOCKED: "overloaded",
  FULL: "full",
  // Codes of failures of the machine below SQLite, not of the statement.
  IOERR: "ambiguous",
  NOMEM: "ambiguous",
  INTERRUPT: "ambiguous",
  CANTOPEN: "ambiguous",
  PROTOCOL: "ambiguous",
};
/** The binding quotes the answer it got, between its own words. */
const UNREADABLE = /^Failed to parse body as JSON/;
const REFUSED = new RegExp(
  `^(?:${[
    "Wrong number of parameter bindings",
    "No SQL statements detected",
    // After its last semicolon follow only comments, semicolons or a zero byte.
    "SQL code did not contain a statement",
    "A prepared SQL statement must contain only one statement",
    "When executing multiple SQL statements in a single call, only the last",
    "To execute a transaction, please use",
  ].join("|")})`,
);
const FULL = /^(?:Exceeded maximum DB size|Your account has exceeded D1's maximum|database or disk is full)/;
const OVERLOADED =
  /overloaded|too many requests queued|database (?:table )?is locked|free tier daily|^Currently processing a long-running|^Too many (?:API requests|subrequests)/i;
const LOST =
  /connection lost|disconnected|^internal error|to be reset|was reset|code (?:was|has been) updated|exceeded timeout|timed out|^no answer within|transient issue/i;

export function faultOf(error: unknown): D1Fault {
  if (error instanceof AggregateError) return faultOfSeveral(error.errors);
  const { words, signature } = saidOf(error);
  const code = SQLITE_CODE.exec(words)?.[1];
  if (code) return FAULT_OF_CODE[code] ?? "rejected";
  if (UNREADABLE.test(words)) return "ambiguous";
  if (REFUSED.test(words) || UNSENT.includes(signature)) return "rejected";
  if (FULL.test(words)) return "full";
  if (OVERLOADED.test(words)) return "overloaded";
  return signature || LOST.test(words) ? "ambiguous" : "rejected";
}

/**
 * For an app's database that asks D1 several times: a possible commit outweighs every other meaning. Deeper errors are
 * not examined.
 */
function faultOfSeveral(errors: readonly unknown[]): D1Fault {
  const faults = new Set(errors.map((one) => (one instanceof AggregateError ? "ambiguous" : faultOf(one))));
  const byWeight = ["ambiguous", "rejected", "full", "overloaded"] as const;
  return byWeight.find((fault) => faults.has(fault)) ?? "rejected";
}

/** True if a constraint refused a statement. `subject`: `table.column`, or several joined by ", ". */
export function violates(error: unknown, constraint: "UNIQUE" | "NOT NULL", subject: string): boolean {
  return saidOf(error).words.startsWith(`${constraint} constraint failed: ${subject}`);
}

/** Depth to which causes of causes are examined. */
const CAUSES = 10;

/**
 * Finds D1's own message. drizzle and apps may wrap it in errors that quote the query and its values: the innermost
 * error that begins as D1's do is D1's. An app may also have copied its text into an error of its own.
 */
function saidOf(error: unknown): { words: string; signature: string } {
  const texts = textsOf(error);
  const text = texts.findLast((one) => SIGNED_AT_START.test(one)) ?? texts.at(-1) ?? "";
  const signed = SIGNED.exec(text);
  if (!signed) return { words: text, signature: "" };
  return { words: text.slice(signed.index + signed[0].length), signature: signed[1] ?? "" };
}

function textsOf(error: unknown): string[] {
  const texts: string[] = [];
  for (let inner = error; inner !== undefined && inner !== null && texts.length < CAUSES; ) {
    const { message, cause } = Object(inner) as { message?: unknown; cause?: unknown };
    texts.push(typeof inner === "string" ? inner : String(message ?? ""));
    inner = cause;
  }
  return texts;
}
