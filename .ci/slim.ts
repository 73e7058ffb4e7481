/**
 * Takes comments out of the modules in dist, which an app would bundle with them, also those within objects, and makes long ways of
 * saying things short. Source maps lead to `src`, which the package has. Comments in types, which editors show, stay.
 */
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BuildOptions, build } from "esbuild";

const DIST = join(import.meta.dirname, "../dist");

/** Modules that have types alone stay as they are: nothing would be left of them. */
const hasCode = (file: string) => !/^export \{\};$/m.test(readFileSync(file, "utf8"));

const options: BuildOptions = {
  entryPoints: globSync("**/*.js", { cwd: DIST, exclude: ["cli/**"] })
    .map((file) => join(DIST, file))
    .filter(hasCode),
  outdir: DIST,
  outbase: DIST,
  allowOverwrite: true,
  format: "esm",
  target: "esnext",
  sourcemap: true,
  sourcesContent: false,
  logLevel: "warning",
};

/** Statements of SQL on one line, and the ends of their lines after them: source maps count lines. */
const flattened = (code: string) =>
  code.replace(/`(?:[^`\\]|\\.)*`/gs, (text) => {
    if (!/\b(?:SELECT|INSERT|UPDATE|DELETE|WHERE|WITH)\b/.test(text)) return text;
    if (text.includes("--"))
      throw new Error(`A comment of SQL would go on to the end of its statement: ${text}`);
    return text.replace(/\n\s*/g, " ") + "\n".repeat(text.split("\n").length - 1);
  });

await build({ ...options, minifySyntax: true, minifyWhitespace: true });
// Without comments, in which a single backtick would begin a template.
for (const file of options.entryPoints as string[])
  writeFileSync(file, flattened(readFileSync(file, "utf8")));
// Printed anew, so that a person can read it.
await build(options);
