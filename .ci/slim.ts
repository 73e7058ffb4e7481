/**
 * Takes comments and spaces out of the modules in dist, which an app would bundle with them: source maps lead to `src`, which the
 * package has. Comments in types, which editors show, stay.
 */
import { globSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const DIST = join(import.meta.dirname, "../dist");

await build({
  entryPoints: globSync("**/*.js", { cwd: DIST, exclude: ["cli/**"] }).map((file) => join(DIST, file)),
  outdir: DIST,
  outbase: DIST,
  allowOverwrite: true,
  format: "esm",
  target: "esnext",
  minifyWhitespace: true,
  minifySyntax: true,
  sourcemap: true,
  sourcesContent: false,
  logLevel: "warning",
});
