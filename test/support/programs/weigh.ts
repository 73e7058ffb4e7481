/// <reference types="node" />
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT, run, WRANGLER } from "./run.ts";

/** Entries of the package, by the file of `src` that each is built of. */
const ENTRIES = {
  "edge-outbox": "index.ts",
  "edge-outbox/api": "create-api.ts",
  "edge-outbox/schemas": "schemas/payload-schemas.ts",
};

export interface Weighed {
  /** The bundle that wrangler would upload. */
  file: string;
  kib: number;
  gzipKib: number;
}

/** A Worker as `wrangler deploy` bundles it, without minifying. `folder`: where its wrangler.toml is. */
export async function weigh(folder: string, script: string): Promise<Weighed> {
  const outdir = mkdtempSync(join(tmpdir(), "edge-outbox-weight-"));
  const aliases = Object.entries(ENTRIES).flatMap(([name, file]) => [
    "--alias",
    `${name}:${join(ROOT, "src", file)}`,
  ]);
  const flags = ["deploy", script, "--dry-run", "--outdir", outdir, ...aliases];
  const said = await run(join(ROOT, folder), process.execPath, WRANGLER, ...flags);
  const [, kib, gzipKib] = /Total Upload: ([\d.]+) KiB \/ gzip: ([\d.]+) KiB/.exec(said) ?? [];
  const file = join(outdir, script.replace(/^.*\//, "").replace(/\.ts$/, ".js"));
  return { file, kib: Number(kib), gzipKib: Number(gzipKib) };
}
