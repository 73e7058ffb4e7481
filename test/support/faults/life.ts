import type { Database, Statement } from "../../../src/db/database.ts";

/** A process that may end at one of its awaits: before what is awaited happens, or right after. */
export interface Life {
  step<T>(name: string, act: () => Promise<T>): Promise<T>;
  db(db: Database): Database;
}

/** A process that does not die. */
export const immortal: Life = { step: (_, act) => act(), db: (db) => db };

const never = () => new Promise<never>(() => {});

/** A process that dies at its nth await, or when it is killed. From then on nothing it does has an effect, and nothing returns. */
export class MortalLife implements Life {
  /** The awaits it has reached, by name. */
  readonly steps: string[] = [];
  /** Resolves when it has died. */
  readonly death: Promise<"died">;
  #die!: () => void;
  #dead = false;
  readonly #at: number;
  readonly #side: "before" | "after";

  constructor(at: number, side: "before" | "after") {
    this.#at = at;
    this.#side = side;
    this.death = new Promise((resolve) => {
      this.#die = () => {
        this.#dead = true;
        resolve("died");
      };
    });
  }

  /** It dies now. */
  kill(): void {
    this.#die();
  }

  get isDead(): boolean {
    return this.#dead;
  }

  async step<T>(name: string, act: () => Promise<T>): Promise<T> {
    if (this.#dead) return never();
    this.steps.push(name);
    const last = this.steps.length === this.#at;
    if (last && this.#side === "before") {
      this.#die();
      return never();
    }
    const result = await act();
    if (this.#dead) return never();
    if (last) {
      this.#die();
      return never();
    }
    return result;
  }

  db(db: Database): Database {
    const inner = new WeakMap<Statement, Statement>();
    const wrap = (statement: Statement): Statement => {
      const wrapped: Pick<Statement, "bind" | "all" | "first"> & { raw: () => Promise<unknown[][]> } = {
        bind: (...values) => wrap(statement.bind(...values)),
        all: <T>() => this.step("d1.all", () => statement.all<T>()),
        first: <T>() => this.step("d1.first", () => statement.first<T>()) as Promise<T>,
        raw: () => this.step("d1.raw", () => statement.raw()),
      };
      inner.set(wrapped as unknown as Statement, statement);
      return wrapped as unknown as Statement;
    };
    return {
      prepare: (query) => wrap(db.prepare(query)),
      batch: <T>(statements: Statement[]) =>
        this.step("d1.batch", () =>
          db.batch<T>(statements.map((statement) => inner.get(statement) ?? statement)),
        ),
    };
  }
}
