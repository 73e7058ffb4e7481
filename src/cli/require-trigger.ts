import { CommandError } from "./program.ts";
import { runWrangler } from "./wrangler.ts";

/** Frees the next delivery of an ordering key. Without it every key would stand still behind its first delivery. */
export const TRIGGER = "outbox_deliveries_free_next";

/**
 * Checks that the migrations made the trigger. D1 splits a migration by its own rules, and a missing trigger would show
 * only in ordering keys that stand still.
 * @param target the flags that name the Worker
 * @throws {CommandError} when the trigger is missing, or cannot be looked up
 */
export async function requireTrigger(target: readonly string[], stopping: AbortSignal): Promise<void> {
  const sql = `SELECT name FROM sqlite_schema WHERE type = 'trigger' AND name = '${TRIGGER}'`;
  const args = ["d1", "execute", "DB", "--remote", "--json", "--command", sql, ...target];
  const { exitCode, stdout, output } = await runWrangler(args, stopping);
  const after =
    "The migrations are applied, and the Worker was not deployed: the old one, if there is one, goes on.";
  if (exitCode !== 0) {
    throw new CommandError(
      `${output.trim()}\n\nThe trigger of the database could not be looked up; wrangler's words are above. ${after} ` +
        "Run `npm run deploy` again.",
      exitCode,
    );
  }
  if (stdout.includes(`"${TRIGGER}"`)) return;
  throw new CommandError(
    `The database has no trigger ${TRIGGER}, and without it an ordering key stands still behind its first delivery. ${after} ` +
      `Make it by its CREATE TRIGGER statement, which is in migrations/, with \`npx wrangler d1 execute DB --remote --file <file>\`, ` +
      "and run `npm run deploy` again.",
  );
}
