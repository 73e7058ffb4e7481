/// <reference types="node" />
/// <reference path="../runner/provided.d.ts" />
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inject } from "vitest";
import { waitUntil } from "./dev-server.ts";
import { ROOT, run } from "./run.ts";

export interface Packed {
  /** Where the tarball is. */
  tarball: string;
  /** Its files, from its root. */
  files: string[];
  bytes: number;
}

/**
 * `npm pack` of this repository: by whichever test file asks first, once for all of a run, as each build begins by
 * taking `dist` away.
 */
export async function pack(): Promise<Packed> {
  const folder = inject("parcelFolder");
  const [answer, failure] = [join(folder, "packed.json"), join(folder, "failed.txt")];
  if (isFirst(join(folder, "claimed"))) {
    await packInto(folder, answer).catch((error) => {
      writeFileSync(failure, String(error));
      throw error;
    });
  }
  await waitUntil("npm pack of another test file", async () => {
    if (existsSync(failure)) throw new Error(readFileSync(failure, "utf8"));
    return existsSync(answer);
  });
  return JSON.parse(readFileSync(answer, "utf8"));
}

function isFirst(claim: string): boolean {
  try {
    mkdirSync(claim);
    return true;
  } catch {
    return false;
  }
}

async function packInto(folder: string, answer: string): Promise<void> {
  const said = await run(ROOT, "npm", "pack", "--json", "--pack-destination", folder);
  // Before it stands what the build has to say.
  const [{ filename, files, size }] = JSON.parse(said.slice(said.indexOf("[\n  {")));
  const paths = files.map(({ path }: { path: string }) => path);
  const packed: Packed = { tarball: join(folder, filename), files: paths, bytes: size };
  writeFileSync(`${answer}.new`, JSON.stringify(packed));
  renameSync(`${answer}.new`, answer);
}
