import { CommandError } from "./program.ts";
import { bundleDashboard } from "./ui/bundle.ts";
import { runWrangler } from "./wrangler.ts";

/**
 * Builds the dashboard and the Worker as for a deployment, and refuses a build that the bundler warns of: a part that it
 * leaves out would be missing only in production.
 * @param given the flags of `wrangler deploy`
 * @returns wrangler's output
 * @throws {CommandError} when it cannot be built, or the bundler warns
 */
export async function rehearse(given: readonly string[], stopping: AbortSignal): Promise<string> {
  await bundleDashboard();
  const flags = given.includes("--dry-run") ? given : [...given, "--dry-run"];
  const { exitCode, output } = await runWrangler(["deploy", ...flags], stopping);
  const said = output.trim();
  if (exitCode !== 0) {
    throw new CommandError(
      `${said}\n\nThe Worker could not be built; wrangler's words are above. Nothing was changed.`,
      exitCode,
    );
  }
  if (bundlerWarns(said)) {
    throw new CommandError(
      `${said}\n\nThe bundler warns, so the bundle could differ from the tested one. Mend the fault, and run ` +
        "`npm run deploy` again. Nothing was changed.",
    );
  }
  return said;
}

/**
 * True if a warning comes from the bundler. wrangler's own warnings, as of an unnamed environment, name no place in the
 * code.
 */
export function bundlerWarns(output: string): boolean {
  return /\[WARNING\].*\n\s*\n\s+\S.*:\d+:\d+:\s*$/m.test(output);
}
