import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseEnv } from "node:util";
import type { DevFlags } from "./flags.ts";
import { projectRoot } from "./wrangler.ts";

const FILE = "secret-keys";
const KEY_BYTES = 32;

/**
 * The flags that give the server SECRET_KEYS, unless the user's own do, or a file of settings. The key lies beside the
 * data: whatever the flags, who opens the folder opens its secrets, and who deletes it deletes both.
 */
export function secretKeyFlags(flags: DevFlags, folder: string): string[] {
  if (flags.secretKeys !== undefined || isInSettings(flags)) return [];
  return ["--var", `SECRET_KEYS:${ensureSecretKeys(folder)}`];
}

/** As wrangler reads them: the files of `--env-file`, or else the first that there is. */
function isInSettings({ envFiles, settingsFiles }: DevFlags): boolean {
  const there = (paths: readonly string[]) =>
    paths.map((path) => resolve(projectRoot, path)).filter((path) => existsSync(path));
  const read = envFiles.length > 0 ? there(envFiles) : there(settingsFiles).slice(0, 1);
  return read.some((path) => parseEnv(readFileSync(path, "utf8"))["SECRET_KEYS"]);
}

/** The keys of a folder of local data. Made when there are none. */
export function ensureSecretKeys(folder: string): string {
  const path = join(folder, FILE);
  if (existsSync(path)) return readFileSync(path, "utf8").trim();
  const keys = `local:${randomBytes(KEY_BYTES).toString("base64")}`;
  mkdirSync(folder, { recursive: true });
  // Whole or not at all, should this process be killed.
  writeFileSync(`${path}.new`, `${keys}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
  return keys;
}
