import { CommandError } from "./program.ts";
import { runWrangler } from "./wrangler.ts";

/**
 * Applies the migrations to the local database. Answers the result in a few words.
 * @param database the flags that name the database, as `--persist-to`
 */
export async function migrateLocally(database: readonly string[], stopping: AbortSignal): Promise<string> {
  const args = ["d1", "migrations", "apply", "DB", "--local", ...database];
  const { exitCode, output } = await runWrangler(args, stopping);
  if (exitCode !== 0) {
    throw new CommandError(
      `${output.trim()}\n\nThe migrations could not be applied to the local database; wrangler's words are above. ` +
        "If another server uses the same data, stop it first. To start afresh, delete .wrangler/state.",
    );
  }
  const applied = [...output.matchAll(/(\S+\.sql)\s*│\s*✅/g)].map(([, name]) => name);
  return applied.length === 0 ? "up to date" : `applied ${applied.join(", ")}`;
}
