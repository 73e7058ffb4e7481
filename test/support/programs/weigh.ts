/// <reference types="node" />
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT, run, WRANGLER } from "./run.ts";

/** Entries of the package, by the module of `src` that each is built of. */
const ENTRIES = {
  "edge-outbox": "index",
  "edge-outbox/api": "create-api",
  "edge-outbox/schemas": "schemas/payload-schemas",
};

export interface Weighed {
  /** The bundle that wrangler would upload. */
  file: string;
  kib: number;
  gzipKib: number;
}

/**
 * A Worker as `wrangler deploy` bundles it, without minifying. `folder`: where its wrangler.toml is. `built`: of the package as
 * it was packed, whose modules have no comments; otherwise of the source.
 */
export async function weigh(folder: string, script: string, built = false): Promise<Weighed> {
  const outdir = mkdtempSync(join(tmpdir(), "edge-outbox-weight-"));
  const aliases = Object.entries(ENTRIES).flatMap(([name, file]) => [
    "--alias",
    `${name}:${join(ROOT, built ? "dist" : "src", `${file}.${built ? "js" : "ts"}`)}`,
  ]);
  const flags = ["deploy", script, "--dry-run", "--outdir", outdir, ...aliases];
  const said = await run(join(ROOT, folder), process.execPath, WRANGLER, ...flags);
  const [, kib, gzipKib] = /Total Upload: ([\d.]+) KiB \/ gzip: ([\d.]+) KiB/.exec(said) ?? [];
  const file = join(outdir, script.replace(/^.*\//, "").replace(/\.ts$/, ".js"));
  return { file, kib: Number(kib), gzipKib: Number(gzipKib) };
}
