import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isAnswering } from "./port.ts";
import { CommandError } from "./program.ts";

interface Holder {
  pid: number;
  host: string;
  port: number;
}

/**
 * Marks a folder of local data as used by our server.
 * @throws {CommandError} when another one runs on it: SQLite would answer both with "database is locked"
 */
export async function lockData(folder: string, host: string, port: number): Promise<void> {
  const path = join(folder, "server.json");
  const holder = readHolder(path);
  // After a `kill -9` the number can belong to another process: only one that also answers counts.
  if (holder && isAlive(holder.pid) && (await isAnswering(holder.host, holder.port))) {
    throw new CommandError(
      `The outbox already runs on this data, at http://${holder.host}:${holder.port} (process ${holder.pid}). ` +
        "Stop it first, or start a second one with a port and data of its own: " +
        `npm start -- --port ${holder.port + 1} --persist-to .wrangler/second`,
    );
  }
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, JSON.stringify({ pid: process.pid, host, port } satisfies Holder));
}

function readHolder(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Holder;
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
