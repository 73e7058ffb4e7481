import { is, Placeholder, SQL } from "drizzle-orm";
import { invalid } from "../platform/errors.ts";
import { type Database, queryBuilder, type Statement } from "./database.ts";

/** A query of drizzle's builder that has not run yet. */
interface Built {
  toSQL(): Sql;
}

/** A raw query of `run`, `all`, `get` or `values`, or a prepared one. */
interface Raw {
  getQuery(): Sql;
}

interface Sql {
  sql: string;
  params: unknown[];
}

/** A statement of the app that has not run yet: D1's own, or a query of drizzle's. */
export type Write = Statement | Built | Raw | SQL;

const REMEDY =
  "give a statement that was prepared and not run, as env.DB.prepare(…).bind(…), or a query of drizzle without await";

/**
 * The app's statements, for a batch.
 * @throws {OutboxError} `invalid_input`, naming `writes[n]`
 */
export function writeStatements(db: Database, writes: unknown = []): Statement[] {
  if (!Array.isArray(writes)) throw invalid("writes", "must be a list of statements");
  return Array.from(writes, (write: unknown, position) => {
    const path = `writes[${position}]`;
    const refused = refuseWrite(write);
    if (refused !== undefined) throw invalid(path, `${refused}; ${REMEDY}`);
    const query = queryOf(db, write as Write);
    if (query === undefined) {
      if (hasNothing((write as { statement?: unknown }).statement)) throw invalid(path, NO_SQL);
      return write as Statement;
    }
    if (hasNothing(query.sql)) throw invalid(path, NO_SQL);
    if (query.params.some((param) => is(param, Placeholder))) throw invalid(path, PLACEHOLDERS);
    return db.prepare(query.sql).bind(...query.params);
  });
}

const NO_SQL = "has no SQL in it: give a statement, or leave it out";
const PLACEHOLDERS =
  "has a placeholder of drizzle's without a value: put the value into the query itself, in place of sql.placeholder(…)";
/** For a text without a statement D1 would run the batch, but answer fewer results. */
const NOTHING = /[\s;]+|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/gy;

function hasNothing(sql: unknown): boolean {
  return typeof sql === "string" && sql.replace(NOTHING, "") === "";
}

/** Undefined for D1's own statement. */
function queryOf(db: Database, write: Write): Sql | undefined {
  if (isFunction(write, "toSQL")) return (write as Built).toSQL();
  if (isFunction(write, "getQuery")) return (write as Raw).getQuery();
  return is(write, SQL) ? (queryBuilder(db).run(write) as unknown as Raw).getQuery() : undefined;
}

function refuseWrite(write: unknown): string | undefined {
  if (write === undefined || write === null || typeof write !== "object") {
    return typeof write === "string" ? "is a text" : `is ${write}, and no statement`;
  }
  if (Array.isArray(write)) return "is a list: spread it with …, or it is the result of a query that was run";
  const isQuery = isFunction(write, "toSQL") || isFunction(write, "getQuery") || is(write, SQL);
  if (isQuery || isFunction(write, "bind")) return undefined;
  if (isFunction(write, "then")) return "is a promise: the query is being run already";
  return "is no statement: perhaps the result of a query that was run";
}

function isFunction(value: object, name: string): boolean {
  return typeof (value as Record<string, unknown>)[name] === "function";
}
