import { applyD1Migrations, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";

/** Leaves the tables of the outbox without a row, but for what the migration puts there. */
export async function emptyDatabase(): Promise<void> {
  await env.DB.batch([
    env.DB.prepare("PRAGMA defer_foreign_keys = on"),
    ...(await tablesLike("outbox~_%"))
      .filter((name) => name !== "outbox_id_key")
      .map((name) => env.DB.prepare(`DELETE FROM ${name}`)),
    env.DB.prepare("INSERT INTO outbox_sweep (id, swept_at) VALUES (1, unixepoch() * 1000)"),
  ]);
}

/** A database of which nothing is left, with the tables of the outbox: for tests that change these, or measure the file. */
export async function newDatabase(): Promise<void> {
  await reset();
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
  await keepKey();
}

/** The tables of the outbox, empty, and no others: files that share a runtime share its database. */
export async function beginEmpty(): Promise<void> {
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
  await keepKey();
  const ours = await tablesLike("outbox~_%");
  const others = (await tablesLike("%")).filter(
    (name) => !ours.includes(name) && !/^(_cf_|sqlite_|d1_)/.test(name),
  );
  for (const name of others) await env.DB.prepare(`DROP TABLE ${name}`).run();
  await emptyDatabase();
}

/** An isolate reads the key of message ids once. The tests have one isolate, and several databases in its lifetime. */
async function keepKey(): Promise<void> {
  await env.DB.prepare("UPDATE outbox_id_key SET key = 'the key of the tests'").run();
}

async function tablesLike(pattern: string): Promise<string[]> {
  const { results } = await env.DB.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE ? ESCAPE '~'",
  )
    .bind(pattern)
    .all<{ name: string }>();
  return results.map(({ name }) => name);
}
