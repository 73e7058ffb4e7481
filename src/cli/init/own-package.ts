import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CommandError } from "../program.ts";
import type { Mode } from "./options.ts";

const NAME = "edge-outbox";

export interface OwnMigration {
  /** Name without number and ending, equal in every app. */
  name: string;
  text: string;
}

/** The package's migrations for a mode, in order. */
export function ownMigrations(packageRoot: string, mode: Mode): OwnMigration[] {
  const folder = join(packageRoot, "migrations", mode === "inbox" ? "inbox" : "");
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith(".sql")) : [];
  if (files.length === 0) {
    throw new CommandError(`There are no migrations in ${folder}. Install ${NAME} again.`);
  }
  return files.toSorted().map((file) => ({
    name: file.replace(/^\d+_/, "").replace(/\.sql$/, ""),
    text: readFileSync(join(folder, file), "utf8"),
  }));
}

/** Folder of this package, whether it runs from source or built. */
export function ownPackage(): { root: string; version: string } {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (true) {
    const manifest = readManifest(join(folder, "package.json"));
    if (manifest?.name === NAME) return { root: folder, version: manifest.version };
    const parent = dirname(folder);
    if (parent === folder) throw new CommandError(`The package ${NAME} was not found. Install it again.`);
    folder = parent;
  }
}

function readManifest(path: string): { name: string; version: string } | undefined {
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : undefined;
}
