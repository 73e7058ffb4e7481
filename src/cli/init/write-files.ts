import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { CommandError } from "../program.ts";

export interface FileChange {
  path: string;
  /** Present content; undefined if the file does not exist. */
  before: string | undefined;
  after: string;
}

/**
 * Writes all files, each whole or not at all: first under temporary names, and renames them once all are on the disk.
 * @throws {CommandError} when one has changed since it was read
 */
export function writeFiles(changes: readonly FileChange[]): void {
  const written: { temporary: string; path: string }[] = [];
  try {
    for (const change of changes) requireUnchanged(change);
    for (const { path, before, after } of changes) {
      // Follows a link to its target.
      const target = before === undefined ? path : realpathSync(path);
      const temporary = `${target}.${process.pid}.tmp`;
      written.push({ temporary, path: target });
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(temporary, after);
      if (before !== undefined) chmodSync(temporary, statSync(target).mode);
    }
    for (const { temporary, path } of written) renameSync(temporary, path);
  } catch (error) {
    for (const { temporary } of written) rmSync(temporary, { force: true });
    throw error;
  }
}

function requireUnchanged({ path, before }: FileChange): void {
  const now = existsSync(path) ? readFileSync(path, "utf8") : undefined;
  if (now !== before)
    throw new CommandError(`${path} has changed meanwhile. Nothing was written. Run init again.`);
}
