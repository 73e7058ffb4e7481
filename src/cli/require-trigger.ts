import { CommandError } from "./program.ts";
import { runWrangler } from "./wrangler.ts";

/** Triggers of the database, and what would happen without each. */
export const TRIGGERS = {
  outbox_deliveries_free_next: "an ordering key stands still behind its first delivery",
  outbox_deliveries_wipe: "sensitive e-mails stay sealed in place of being wiped",
};

/**
 * Checks that the migrations made the triggers. D1 splits a migration by its own rules, and a missing trigger would show
 * only in what it does not do.
 * @param target the flags that name the Worker
 * @throws {CommandError} when a trigger is missing, or they cannot be looked up
 */
export async function requireTrigger(target: readonly string[], stopping: AbortSignal): Promise<void> {
  const sql = `SELECT name FROM sqlite_schema WHERE type = 'trigger'`;
  const args = ["d1", "execute", "DB", "--remote", "--json", "--command", sql, ...target];
  const { exitCode, stdout, output } = await runWrangler(args, stopping);
  const after =
    "The migrations are applied, and the Worker was not deployed: the old one, if there is one, goes on.";
  if (exitCode !== 0) {
    throw new CommandError(
      `${output.trim()}\n\nThe triggers of the database could not be looked up; wrangler's words are above. ${after} ` +
        "Run `npm run deploy` again.",
      exitCode,
    );
  }
  const missing = Object.entries(TRIGGERS).find(([name]) => !stdout.includes(`"${name}"`));
  if (!missing) return;
  const [name, consequence] = missing;
  throw new CommandError(
    `The database has no trigger ${name}, and without it ${consequence}. ${after} ` +
      `Make it by its CREATE TRIGGER statement, which is in migrations/, with \`npx wrangler d1 execute DB --remote --file <file>\`, ` +
      "and run `npm run deploy` again.",
  );
}
