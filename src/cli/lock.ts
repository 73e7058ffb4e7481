import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isAnswering } from "./port.ts";
import { CommandError } from "./program.ts";

const FILE = "server.json";

interface Holder {
  pid: number;
  host: string;
  port: number;
}

/**
 * Makes sure that no other server runs on a folder of local data: SQLite would answer both with "database is locked".
 * @throws {CommandError} when one does
 */
export async function refuseSharedData(folder: string): Promise<void> {
  const holder = readHolder(folder);
  // After a `kill -9` the number can belong to another process, so only a process that also answers counts.
  if (!holder || !isAlive(holder.pid) || !(await isAnswering(holder.host, holder.port))) return;
  throw new CommandError(
    `The outbox already runs on this data, at http://${holder.host}:${holder.port} (process ${holder.pid}). ` +
      "Stop it first, or start a second one with a port and data of its own: " +
      `npm start -- --port ${holder.port + 1} --persist-to .wrangler/second`,
  );
}

/** Notes that this server runs on the data. A stale note does no harm. */
export function markData(folder: string, host: string, port: number): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, FILE), JSON.stringify({ pid: process.pid, host, port } satisfies Holder));
}

function readHolder(folder: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, FILE), "utf8")) as Holder;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
