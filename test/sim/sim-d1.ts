import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import type { Database, Statement } from "../../src/db/database.ts";
import { D1_WORDS, d1Error } from "../support/faults/d1-words.ts";
import type { FaultKind, Faults } from "./faults.ts";
import { readSource } from "./mutants.ts";
import type { Process } from "./process.ts";
import { SeededRandom } from "./random.ts";

const MIGRATIONS = join(import.meta.dirname, "../../migrations");

type Row = Record<string, unknown>;

/** What D1 may hold, and what it holds while there is room, and while there is none. */
export const DATABASE_MAX_BYTES = 1e10;
const SOME_BYTES = 1e6;
const NEARLY_ALL_BYTES = 0.985e10;

interface Built {
  sql: string;
  params: unknown[];
}

/** D1 on node:sqlite: a batch is a transaction, calls happen one at a time, and any of them may fail either way. */
export class SimD1 {
  readonly sqlite = new DatabaseSync(":memory:");
  readonly #prepared = new Map<string, StatementSync>();
  readonly #built = new WeakMap<Statement, Built>();
  /** By it message ids are made. Drawn by SQLite, it would be another in each run. */
  readonly idKey: string;
  readonly #fullRandom: SeededRandom;
  #stalledUntil = 0;
  /** `nearly`: so that the outbox refuses commits; `quite`: so that it refuses what would make it grow. */
  full: "nearly" | "quite" | undefined;

  constructor(seed: number) {
    this.idKey = `key ${seed}`;
    this.#fullRandom = new SeededRandom(seed ^ 0x1b873593);
    for (const file of readdirSync(MIGRATIONS)
      .filter((name) => name.endsWith(".sql"))
      .toSorted()) {
      this.sqlite.exec(readSource(join(MIGRATIONS, file)));
    }
    this.sqlite.prepare("UPDATE outbox_id_key SET key = ?").run(this.idKey);
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

  /** Nobody is answered for a while. */
  stall(faults: Faults, forMs: number): void {
    this.#stalledUntil = faults.timeline.now + forMs;
    faults.record("d1-stalls", `for ${Math.round(forMs)} ms`);
  }

  async #call<T>(process: Process, what: string, act: () => T): Promise<T> {
    const { faults, random, timeline } = process;
    const latencyMs = random.between(0.2, 8);
    const stalled = this.#stalledUntil > timeline.now;
    const waitMs = stalled ? this.#stalledUntil - timeline.now + latencyMs : latencyMs;
    return process.step(
      what,
      () => {
        const fail = (kind: FaultKind, words: keyof typeof D1_WORDS): never => {
          const error = faults.d1Error(words);
          faults.record(kind, `${what} of ${process.name}: ${error.message}`);
          throw error;
        };
        if (faults.strikes("d1-overloaded")) fail("d1-overloaded", "overloaded");
        if (faults.strikes("d1-before")) fail("d1-before", faults.random.chance(0.1) ? "unreached" : "lost");
        if (stalled && faults.random.chance(0.25)) fail("d1-before", "lost");
        const result = act();
        if (faults.strikes("d1-after") || (stalled && faults.random.chance(0.25))) fail("d1-after", "lost");
        return result;
      },
      waitMs,
    );
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
    let results: Row[];
    try {
      results = this.#prepare(sql).all(...(params as SQLInputValue[])) as Row[];
    } catch (error) {
      throw d1Error(saidBySqlite(error as SqliteError));
    }
    if (this.full === "quite" && this.#grows(sql)) throw d1Error(this.#fullWords());
    return { results, success: true, meta: { size_after: this.full ? NEARLY_ALL_BYTES : SOME_BYTES } };
  }

  /** A full database refuses what needs a page: every row that is inserted, and now and then one that is changed. */
  #grows(sql: string): boolean {
    const { changed } = this.#prepare("SELECT changes() AS changed").get() as { changed: number };
    const writes = /\b(INSERT INTO|UPDATE)\b/.test(sql) && !/^\s*(DELETE|SELECT)/.test(sql);
    if (changed === 0 || !writes) return false;
    return /\bINSERT INTO\b/.test(sql) || this.#fullRandom.chance(0.02);
  }

  #fullWords(): string {
    return this.#fullRandom.pick<string>([...D1_WORDS.full]);
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

type SqliteError = Error & { errcode: number };

/** SQLite's text, and its code behind it, as D1 tells them. */
const CODES: Record<number, string> = {
  1: "ERROR",
  18: "TOOBIG",
  19: "CONSTRAINT",
  20: "MISMATCH",
  25: "RANGE",
};
const EXTENDED: Record<number, string> = {
  275: "CHECK",
  1299: "NOTNULL",
  1555: "PRIMARYKEY",
  1811: "TRIGGER",
  2067: "UNIQUE",
};

function saidBySqlite({ message, errcode }: SqliteError): string {
  const code = `SQLITE_${CODES[errcode & 0xff] ?? "ERROR"}`;
  const extended = EXTENDED[errcode];
  return `${message}: ${code}${extended ? ` (extended: ${code}_${extended})` : ""}`;
}
