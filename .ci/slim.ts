/**
 * Takes comments out of the modules in dist, which an app would bundle with them, also those within objects, and makes long ways of
 * saying things short. Source maps lead to `src`, which the package has. Comments in types, which editors show, stay.
 */
import { globSync, readFileSync } from "node:fs";
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

await build({ ...options, minifySyntax: true, minifyWhitespace: true });
// Printed anew, so that a person can read it.
await build(options);
