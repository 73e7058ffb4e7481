import { limits } from "../platform/limits.ts";
import type { Database } from "./database.ts";

/** The size of the database, as of its last answer to this isolate. Each answer carries it, so it costs no call. */
export class Gauge {
  #bytes = 0;
  #toldAt = Number.NEGATIVE_INFINITY;
  readonly #watched = new WeakMap<Database, Database>();

  /**
   * The database, with the size in its answers noted. One object per database, because knowledge of a database is kept
   * by object.
   */
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

  /** Asks the database, unless its size is fresh. */
  async read(db: Database, now: () => number): Promise<number> {
    if (now() - this.#toldAt >= limits.gaugeFreshMs) {
      const { meta } = await db.prepare("SELECT 1").all();
      this.#note(meta, now());
    }
    return this.#bytes;
  }

  /** Size as last known; 0 if never known. */
  get bytes(): number {
    return this.#bytes;
  }

  #note(meta: D1Meta | undefined, now: number): void {
    if (typeof meta?.size_after !== "number") return;
    this.#bytes = meta.size_after;
    this.#toldAt = now;
  }
}
