import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../wrangler.ts";
import { writeIfNew } from "./bundle.ts";

const DOCUMENT = join(projectRoot, "docs/reference/openapi.json");
const OUT = join(projectRoot, "src/dashboard/browser/api.gen.ts");
/** The generator, beside the TypeScript that it is written for. */
const GENERATOR = join(projectRoot, "test/generated-client/node_modules/.bin/openapi-typescript");

/** Writes `api.gen.ts`, the types of the API's answers for the front end, if the document has changed. */
export function writeApiTypes(): void {
  const hash = createHash("sha256").update(readFileSync(DOCUMENT)).digest("hex");
  const head = `// Made by src/cli/build-ui.ts from docs/reference/openapi.json ${hash}.\n`;
  if (existsSync(OUT) && readFileSync(OUT, "utf8").startsWith(head)) return;
  const types = execFileSync(GENERATOR, [DOCUMENT, "--default-non-nullable=false"], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
    maxBuffer: 64 * 1024 * 1024,
  });
  writeIfNew(OUT, head + types);
}
