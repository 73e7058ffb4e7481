import { execFileSync } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Database } from "./peer.ts";

const DEBIAN = "/usr/lib/postgresql";
const PORT = 5432;

/** Settings for a queue, as safe as the defaults: each commit is on the disk before it is answered. */
export const TUNED = {
  fsync: "on",
  synchronous_commit: "on",
  shared_buffers: "512MB",
  wal_level: "logical",
  max_wal_size: "4GB",
  checkpoint_timeout: "30min",
  random_page_cost: "1.1",
  jit: "off",
  max_connections: "200",
};

/** A cluster in a folder of its own, reached by a socket in that folder. */
export interface Postgres {
  server: Omit<Database, "database">;
  version: string;
  stop(): void;
}

/** Makes a cluster with initdb, and starts it. PostgreSQL does not run as root: root has the user `postgres` run it. */
export function startPostgres(): Postgres {
  const bin = findBin();
  const folder = mkdtempSync(join(tmpdir(), "edge-outbox-postgres-"));
  const owner = process.getuid?.() === 0 ? { uid: idOf("-u"), gid: idOf("-g") } : undefined;
  if (owner) chownSync(folder, owner.uid, owner.gid);
  const call = (program: string, ...args: string[]) =>
    execFileSync(join(bin, program), args, { cwd: folder, ...owner, encoding: "utf8", stdio: "pipe" });
  const data = join(folder, "data");
  const settings = Object.entries(TUNED).map(([name, value]) => `-c ${name}=${value}`);
  const options = [...settings, "-c listen_addresses=", `-k ${folder}`, `-p ${PORT}`].join(" ");
  // The server inherits the streams of pg_ctl: pipes would stay open, and pg_ctl would never seem to end.
  const start = ["-D", data, "-w", "-l", join(folder, "log"), "-o", options, "start"];
  call("initdb", "-D", data, "--username=bench", "--auth=trust", "--encoding=UTF8", "--locale=C");
  execFileSync(join(bin, "pg_ctl"), start, { cwd: folder, ...owner, stdio: "ignore" });
  let isRunning = true;
  const stop = () => {
    if (!isRunning) return;
    isRunning = false;
    const args = ["-D", data, "-m", "immediate", "stop"];
    execFileSync(join(bin, "pg_ctl"), args, { cwd: folder, ...owner, stdio: "ignore" });
    rmSync(folder, { recursive: true, force: true });
  };
  // The server is no child of this process: it would outlive one that is interrupted.
  process.once("exit", stop);
  return {
    server: { host: folder, port: PORT, user: "bench" },
    version: call("postgres", "--version").trim(),
    stop,
  };
}

function findBin(): string {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).map(Number).filter(Boolean) : [];
  const bins = versions.toSorted((a, b) => b - a).map((version) => join(DEBIAN, String(version), "bin"));
  const bin = bins.find((folder) => existsSync(join(folder, "initdb")));
  if (!bin) throw new Error("PostgreSQL is not installed. Run `apt-get install -y postgresql` first.");
  return bin;
}

const idOf = (flag: "-u" | "-g") => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
