import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import type { Database, Statement } from "../../src/db/database.ts";
import { readSource } from "./mutants.ts";
import type { Process } from "./process.ts";

const MIGRATIONS = join(import.meta.dirname, "../../migrations");

type Row = Record<string, unknown>;

interface Built {
  sql: string;
  params: unknown[];
}

/** D1 on node:sqlite: a batch is a transaction, calls happen one at a time, and any of them may fail either way. */
export class SimD1 {
  readonly sqlite = new DatabaseSync(":memory:");
  readonly #prepared = new Map<string, StatementSync>();
  readonly #built = new WeakMap<Statement, Built>();

  constructor() {
    for (const file of readdirSync(MIGRATIONS)
      .filter((name) => name.endsWith(".sql"))
      .toSorted()) {
      this.sqlite.exec(readSource(join(MIGRATIONS, file)));
    }
  }

  /** The database as a process reaches it. */
  for(process: Process): Database {
    return {
      prepare: (sql) => this.#statement(process, { sql, params: [] }),
      batch: async <T>(statements: Statement[]) => {
        const built = statements.map((statement) => this.#built.get(statement) as Built);
        return this.#call(process, "d1.batch", () => this.#transaction(built)) as Promise<D1Result<T>[]>;
      },
    };
  }

  /** For those who look on from outside of the history. */
  query<T = Row>(sql: string, ...params: SQLInputValue[]): T[] {
    return this.#prepare(sql).all(...params) as T[];
  }

  #statement(process: Process, built: Built): Statement {
    const run = () => this.#call(process, "d1.query", () => this.#execute(built));
    const statement: Pick<Statement, "bind" | "all" | "first" | "run"> & { raw: () => Promise<unknown[][]> } =
      {
        bind: (...params) => this.#statement(process, { sql: built.sql, params }),
        all: run as Statement["all"],
        run: run as Statement["run"],
        first: (async (column?: string) => {
          const row = (await run()).results[0];
          return row === undefined ? null : column === undefined ? row : row[column];
        }) as Statement["first"],
        raw: async () => (await run()).results.map((row) => Object.values(row)),
      };
    this.#built.set(statement as unknown as Statement, built);
    return statement as unknown as Statement;
  }

  #call<T>(process: Process, what: string, act: () => T): Promise<T> {
    const { faults } = process;
    return process.step(what, () => {
      if (faults.strikes("d1-overloaded")) {
        faults.record("d1-overloaded", `${what} of ${process.name}`);
        throw new Error("D1_ERROR: D1 DB is overloaded. Too many requests queued.");
      }
      if (faults.strikes("d1-before")) {
        faults.record("d1-before", `${what} of ${process.name}`);
        throw new Error("D1_ERROR: Network connection lost.");
      }
      const result = act();
      if (faults.strikes("d1-after")) {
        faults.record("d1-after", `${what} of ${process.name}`);
        throw new Error("D1_ERROR: Network connection lost.");
      }
      return result;
    });
  }

  #transaction(batch: readonly Built[]) {
    this.sqlite.exec("BEGIN");
    try {
      const results = batch.map((built) => this.#execute(built));
      this.sqlite.exec("COMMIT");
      return results;
    } catch (error) {
      this.sqlite.exec("ROLLBACK");
      throw error;
    }
  }

  #execute({ sql, params }: Built): { results: Row[]; success: true; meta: Row } {
    try {
      const results = this.#prepare(sql).all(...(params as SQLInputValue[])) as Row[];
      return { results, success: true, meta: {} };
    } catch (error) {
      throw new Error(`D1_ERROR: ${error instanceof Error ? error.message : error}: SQLITE_CONSTRAINT`);
    }
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#prepared.get(sql);
    if (!statement) {
      statement = this.sqlite.prepare(sql);
      this.#prepared.set(sql, statement);
    }
    return statement;
  }

  /** All rows of all tables, to be put back later. */
  snapshot(): Map<string, Row[]> {
    const tables = this.query<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'");
    return new Map(tables.map(({ name }) => [name, this.query(`SELECT * FROM ${name}`)]));
  }

  /** Time Travel: the database is as it was. */
  restore(snapshot: Map<string, Row[]>): void {
    const triggers = this.query<{ name: string; sql: string }>(
      "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
    );
    this.sqlite.exec("BEGIN");
    for (const { name } of triggers) this.sqlite.exec(`DROP TRIGGER ${name}`);
    for (const [table, rows] of snapshot) {
      this.sqlite.exec(`DELETE FROM ${table}`);
      const generated = this.query<{ name: string }>(
        `SELECT name FROM pragma_table_xinfo('${table}') WHERE hidden = 2`,
      );
      for (const row of rows) {
        const columns = Object.keys(row).filter((column) => !generated.some(({ name }) => name === column));
        const insert = `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`;
        this.#prepare(insert).run(...columns.map((column) => row[column] as SQLInputValue));
      }
    }
    for (const { sql } of triggers) this.sqlite.exec(sql);
    this.sqlite.exec("COMMIT");
  }
}
