/** Part of `.ci/package`: writes the bill of materials beside the package, by the lock file. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CommandError, runProgram } from "../src/cli/program.ts";
import { projectRoot } from "../src/cli/wrangler.ts";
import { runtimeBom } from "./runtime-bom.ts";

const SBOM = ["sbom", "--sbom-format=cyclonedx", "--package-lock-only", "--workspaces=false"];

await runProgram(async () => {
  const { stdout, stderr, status } = spawnSync("npm", SBOM, { cwd: projectRoot, encoding: "utf8" });
  if (status !== 0) {
    throw new CommandError(`${stderr}\nnpm made no bill of materials; its words are above.`);
  }
  const { name, version } = JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8"));
  const file = `${name}-${version}.cdx.json`;
  const bom = runtimeBom(JSON.parse(stdout), name);
  writeFileSync(join(projectRoot, file), `${JSON.stringify(bom, null, 2)}\n`);
  console.log(`${file}: ${bom.components.length} packages`);
  return 0;
});
