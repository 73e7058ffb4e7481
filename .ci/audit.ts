/**
 * Fails when a library has a known vulnerability of high severity, and when no audit was possible: see `auditOutcome`.
 */
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import { CommandError, runProgram } from "../src/cli/program.ts";
import { projectRoot } from "../src/cli/wrangler.ts";
import { auditOutcome, auditVerdict } from "./audit-verdict.ts";

await runProgram(async () => {
  const { values } = parseArgs({ options: { "if-offered": { type: "boolean", default: false } } });
  const { stdout } = spawnSync("npm", ["audit", "--json", "--audit-level=high", "--fetch-retries=0"], {
    cwd: projectRoot,
    encoding: "utf8",
  });
  const outcome = auditOutcome(auditVerdict(stdout), { ifOffered: values["if-offered"] });
  if (outcome.exitCode !== 0) throw new CommandError(outcome.message, outcome.exitCode);
  console.log(outcome.message);
  return 0;
});
