import type { Database, Statement } from "../../../src/db/database.ts";

/** Traffic to D1: the calls, failed ones included; and the rows, as D1's own meta counts them. */
export interface D1Bill {
  roundTrips: number;
  rowsRead: number;
  rowsWritten: number;
}

/** The database, with a bill of every call made through it. */
export function countingDb(db: Database): { db: Database; bill: D1Bill } {
  const bill: D1Bill = { roundTrips: 0, rowsRead: 0, rowsWritten: 0 };
  const charge = (results: readonly D1Result[]) => {
    for (const { meta } of results) {
      bill.rowsRead += meta.rows_read;
      bill.rowsWritten += meta.rows_written;
    }
  };
  const inner = new WeakMap<Statement, Statement>();
  const wrap = (statement: Statement): Statement => {
    const all = async <T>() => {
      bill.roundTrips++;
      const result = await statement.all<T>();
      charge([result]);
      return result;
    };
    const wrapped: Pick<Statement, "bind" | "all" | "run" | "first"> & { raw: () => Promise<unknown[][]> } = {
      bind: (...values) => wrap(statement.bind(...values)),
      all,
      run: all,
      first: async <T>(column?: string) => {
        const [row] = (await all<Record<string, unknown>>()).results;
        return (row === undefined ? null : column === undefined ? row : row[column]) as T;
      },
      // drizzle's reads; D1 tells no meta with them. No two columns of theirs have one name.
      raw: async () => (await all<Record<string, unknown>>()).results.map((row) => Object.values(row)),
    };
    inner.set(wrapped as unknown as Statement, statement);
    return wrapped as unknown as Statement;
  };
  return {
    bill,
    db: {
      prepare: (query) => wrap(db.prepare(query)),
      batch: async <T>(statements: Statement[]) => {
        bill.roundTrips++;
        const results = await db.batch<T>(statements.map((statement) => inner.get(statement) ?? statement));
        charge(results);
        return results;
      },
    },
  };
}
