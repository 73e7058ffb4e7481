/** `npm run audit`: fails when a library has a known hole of high severity, and not when nobody can be asked. */
import { spawnSync } from "node:child_process";
import { auditVerdict } from "./audit-verdict.ts";
import { CommandError, runProgram } from "./program.ts";
import { projectRoot } from "./wrangler.ts";

await runProgram(async () => {
  const { stdout } = spawnSync("npm", ["audit", "--json", "--audit-level=high", "--fetch-retries=0"], {
    cwd: projectRoot,
    encoding: "utf8",
  });
  const verdict = auditVerdict(stdout);
  if (verdict.kind === "found") throw new CommandError(verdict.findings.join("\n"));
  if (verdict.kind === "clean") console.log("No library has a known hole of high severity.");
  else console.log(`Not known whether a library has a hole, as no audit was to be had: ${verdict.reason}`);
  return 0;
});
