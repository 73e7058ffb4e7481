/** `npm ci` in bench/, where the peers have a lock file of their own: the product does not depend on them. */
import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";

const BENCH = join(import.meta.dirname, "..");

/** Installs the peers, unless those of the lock file are there. */
export function installPeers(): void {
  if (isInstalled()) return;
  console.log("installing the peers: npm ci in bench/ …");
  execFileSync("npm", ["ci"], { cwd: BENCH, stdio: "inherit" });
}

function isInstalled(): boolean {
  const changedAt = (name: string) => statSync(join(BENCH, name), { throwIfNoEntry: false })?.mtimeMs;
  const installedAt = changedAt("node_modules/.package-lock.json") ?? 0;
  return installedAt >= (changedAt("package-lock.json") ?? 0);
}

/** The installed version of a peer. */
export function versionOf(name: string): string {
  return JSON.parse(readFileSync(join(BENCH, "node_modules", name, "package.json"), "utf8")).version;
}

if (import.meta.main) installPeers();
