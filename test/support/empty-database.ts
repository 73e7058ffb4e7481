import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";

/** Leaves the tables of the outbox as the migration makes them. */
export async function emptyDatabase(): Promise<void> {
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
  const { results } = await env.DB.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'outbox~_%' ESCAPE '~'",
  ).all<{ name: string }>();
  await env.DB.batch([
    env.DB.prepare("PRAGMA defer_foreign_keys = on"),
    ...results.map(({ name }) => env.DB.prepare(`DELETE FROM ${name}`)),
    env.DB.prepare("INSERT INTO outbox_sweep (id, swept_at) VALUES (1, unixepoch() * 1000)"),
  ]);
}
