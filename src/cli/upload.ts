import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CommandError } from "./program.ts";
import { startWrangler } from "./wrangler.ts";

/** Cloudflare's refusal of `[limits]`: "CPU limits are not supported for the Free plan". */
const NOT_ON_THE_FREE_PLAN = 100_328;

/**
 * Deploys the Worker, with wrangler at the terminal.
 * @param given the flags of `wrangler deploy`
 * @throws {CommandError} when it was not deployed, with the reason as far as it is known
 */
export async function upload(given: readonly string[], stopping: AbortSignal): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "edge-outbox-deploy-"));
  try {
    const report = join(folder, "report.ndjson");
    const wrangler = startWrangler(["deploy", ...given], "inherit", stopping, {
      WRANGLER_OUTPUT_FILE_PATH: report,
    });
    const exitCode = await wrangler.exited;
    if (exitCode !== 0) throw new CommandError(whyNot(report), exitCode);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function whyNot(report: string): string {
  if (codesIn(report).includes(NOT_ON_THE_FREE_PLAN)) {
    return (
      "The Worker was not deployed: it needs Workers Paid, and this account is on the free plan, which has 10 ms of CPU, " +
      "50 subrequests and 50 queries of D1 an invocation. Change the plan in the dashboard (Workers & Pages, Plans), and run " +
      "`npm run deploy` again. The database is migrated, and nothing uses it."
    );
  }
  return (
    "The Worker was not deployed; the database is migrated. Put right what wrangler says above, and run " +
    "`npm run deploy` again."
  );
}

/** The failures that wrangler reported. */
function codesIn(report: string): unknown[] {
  if (!existsSync(report)) return [];
  const lines = readFileSync(report, "utf8").split("\n").filter(Boolean);
  return lines
    .map((line) => JSON.parse(line))
    .filter(({ type }) => type === "command-failed")
    .map(({ code }) => code);
}
