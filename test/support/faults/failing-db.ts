import type { Database, Statement } from "../../../src/db/database.ts";

/** The database, which after so many calls answers nothing but this error, as D1 throws it. */
export function failingDb(db: Database, { after, message }: { after: number; message: string }): Database {
  let calls = 0;
  const inner = new WeakMap<Statement, Statement>();
  const asked = async <T>(act: () => Promise<T>): Promise<T> => {
    if (calls++ >= after) throw new Error(message);
    return act();
  };
  const wrap = (statement: Statement): Statement => {
    const wrapped = {
      bind: (...values: unknown[]) => wrap(statement.bind(...values)),
      all: <T>() => asked(() => statement.all<T>()),
      run: <T>() => asked(() => statement.run<T>()),
      first: <T>() => asked(() => statement.first<T>()),
      raw: <T>() => asked(() => statement.raw<T[]>()),
    } as unknown as Statement;
    inner.set(wrapped, statement);
    return wrapped;
  };
  return {
    prepare: (query) => wrap(db.prepare(query)),
    batch: (statements) => asked(() => db.batch(statements.map((one) => inner.get(one) ?? one))),
  };
}
