import { limits } from "../platform/limits.ts";
import type { Database } from "./database.ts";

/** The size of the database, as its last answer told this isolate: each answer tells it, so knowing it costs no call. */
export class Gauge {
  #bytes = 0;
  #toldAt = Number.NEGATIVE_INFINITY;

  /** The database; what its batches answer is noted. */
  watch(db: Database, now: () => number): Database {
    return {
      prepare: (query) => db.prepare(query),
      batch: async <T>(statements: D1PreparedStatement[]) => {
        const results = await db.batch<T>(statements);
        this.#note(results.at(-1)?.meta, now());
        return results;
      },
    };
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
