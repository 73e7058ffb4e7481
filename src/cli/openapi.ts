/**
 * Writes docs/reference/openapi.json, as the Worker serves it. With `--check` it must be up to date
 * already.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { isDeepStrictEqual, parseArgs } from "node:util";
import { operations } from "../api/app.ts";
import { describeApi } from "../api/document/document.ts";
import { CommandError, runProgram } from "./program.ts";
import { projectRoot } from "./wrangler.ts";

const PATH = "docs/reference/openapi.json";
/** Turns off telemetry, and the search for updates. */
const QUIET = { REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_NOTIFICATIONS: "true" };

await runProgram(async () => {
  const { check } = parseArgs({ options: { check: { type: "boolean" } } }).values;
  const file = join(projectRoot, PATH);
  const text = JSON.stringify(describeApi(operations), null, 2);
  if (!check) writeFileSync(file, `${text}\n`);
  else if (!isDeepStrictEqual(JSON.parse(readFileSync(file, "utf8")), JSON.parse(text))) {
    throw new CommandError(
      `${PATH} differs from the code. Run \`npx node src/cli/openapi.ts\` to write it anew.`,
    );
  }
  lint();
  console.log(`${PATH}: ${check ? "what the code says, and" : "written,"} well-formed`);
  return 0;
});

function lint(): void {
  const program = createRequire(import.meta.url).resolve("@redocly/cli/bin/cli.js");
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [program, "lint", "--extends=recommended-strict", PATH],
    { cwd: projectRoot, env: { ...process.env, ...QUIET }, encoding: "utf8" },
  );
  if (status !== 0) throw new CommandError(`${stdout}${stderr}`);
}
