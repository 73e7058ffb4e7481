import { connect } from "./connections.ts";
import type { D1Figures } from "./d1-figures.ts";

const ROUND_TRIPS = ["all", "first", "raw", "run"] as const;

/** D1 at a distance: each round trip takes a while longer, half of it on the way there. Counts what D1 does meanwhile. */
export class FarD1 {
  readonly #db: D1Database;
  readonly #halfMs: number;
  #figures = none();

  constructor(db: D1Database, latencyMs: number) {
    this.#db = db;
    this.#halfMs = latencyMs / 2;
  }

  /** Binding for the outbox. */
  get binding(): D1Database {
    const prepare = (query: string) => this.#far(this.#db.prepare(query));
    const batch = (statements: D1PreparedStatement[]) => this.#trip(() => this.#db.batch(statements));
    return { prepare, batch } as D1Database;
  }

  /** Answers the figures since the last call, and begins anew. */
  takeFigures(): D1Figures {
    const figures = this.#figures;
    this.#figures = none();
    return figures;
  }

  /** Changes the statement itself, because a batch takes none but D1's own. */
  #far(statement: D1PreparedStatement): D1PreparedStatement {
    const bind = statement.bind.bind(statement);
    const far: Record<string, unknown> = { bind: (...values: unknown[]) => this.#far(bind(...values)) };
    for (const name of ROUND_TRIPS) {
      const call = statement[name].bind(statement) as (...args: unknown[]) => Promise<unknown>;
      far[name] = (...args: unknown[]) => this.#trip(() => call(...args));
    }
    return Object.assign(statement, far);
  }

  #trip<T>(call: () => Promise<T>): Promise<T> {
    return connect(async () => {
      await pause(this.#halfMs);
      const answer = await call();
      this.#count([answer].flat());
      await pause(this.#halfMs);
      return answer;
    });
  }

  #count(answers: readonly unknown[]): void {
    this.#figures.roundTrips++;
    for (const answer of answers)
      this.#figures.sqlMs += (answer as Partial<D1Result> | null)?.meta?.duration ?? 0;
  }
}

const none = (): D1Figures => ({ roundTrips: 0, sqlMs: 0 });

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
