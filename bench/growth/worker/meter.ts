import { countingDb } from "../../../test/support/database/counting-db.ts";
import type { Life } from "../../../test/support/faults/life.ts";
import type { Cost } from "../shape.ts";

/** Counts the rows and the time of repetitions of an operation: the clock of a Worker counts whole milliseconds. */
export class Meter {
  /** The database, counted. */
  readonly db: D1Database;
  /** A process with that database. */
  readonly life: Life;
  readonly #bill;
  #ms = 0;
  #times = 0;

  constructor(db: D1Database) {
    const { db: counted, bill } = countingDb(db);
    this.#bill = bill;
    this.db = counted as D1Database;
    this.life = { step: (_, act) => act(), db: () => counted };
  }

  /** Runs it, and adds it to the others. */
  async measure(act: () => Promise<unknown>): Promise<void> {
    const startedAt = performance.now();
    await act();
    this.#ms += performance.now() - startedAt;
    this.#times++;
  }

  /** Cost of one of them. */
  get mean(): Cost {
    const { rowsRead, rowsWritten } = this.#bill;
    const times = this.#times;
    return { rowsRead: rowsRead / times, rowsWritten: rowsWritten / times, ms: this.#ms / times };
  }
}
