import { limits } from "../platform/limits.ts";
import type { Database } from "./database.ts";

/** The size of the database, as its last answer told this isolate: each answer tells it, so knowing it costs no call. */
export class Gauge {
  #bytes = 0;
  #toldAt = Number.NEGATIVE_INFINITY;
  readonly #watched = new WeakMap<Database, Database>();

  /** The database; what its batches answer is noted. One object for each, so that what is known of a database is found by it. */
  watch(db: Database, now: () => number): Database {
    const watched = this.#watched.get(db) ?? {
      prepare: (query) => db.prepare(query),
      batch: async <T>(statements: D1PreparedStatement[]) => {
        const results = await db.batch<T>(statements);
        this.#note(results.at(-1)?.meta, now());
        return results;
      },
    };
    this.#watched.set(db, watched);
    return watched;
  }

  /** Asks the database, unless it has told a moment ago. */
  async read(db: Database, now: () => number): Promise<number> {
    if (now() - this.#toldAt >= limits.gaugeFreshMs) {
      const { meta } = await db.prepare("SELECT 1").all();
      this.#note(meta, now());
    }
    return this.#bytes;
  }

  /** As it was told last; 0 when it never was. */
  get bytes(): number {
    return this.#bytes;
  }

  #note(meta: D1Meta | undefined, now: number): void {
    if (typeof meta?.size_after !== "number") return;
    this.#bytes = meta.size_after;
    this.#toldAt = now;
  }
}
