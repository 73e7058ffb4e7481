import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DevFlags } from "./flags.ts";
import { localSetting } from "./local-settings.ts";

const FILE = "secret-keys";
const KEY_BYTES = 32;

/**
 * The flags that give the server SECRET_KEYS, unless the user's flags or a file of settings do. The key lies beside the
 * data, so that it is always found with them, and deleted with them.
 */
export function secretKeyFlags(flags: DevFlags, folder: string): string[] {
  if (flags.secretKeys !== undefined || localSetting("SECRET_KEYS", flags) !== undefined) return [];
  return ["--var", `SECRET_KEYS:${ensureSecretKeys(folder)}`];
}

/** The keys of a folder of local data. Made if there are none. */
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
