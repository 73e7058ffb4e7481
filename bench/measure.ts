import { cpus, loadavg, totalmem } from "node:os";
import { type DevServer, OPERATOR_TOKEN } from "../test/support/programs/dev-server.ts";

/** Asks the API of a server, and answers what it said. */
export async function post(server: DevServer, path: string, body: unknown): Promise<{ id: string }> {
  const headers = { authorization: `Bearer ${OPERATOR_TOKEN}`, "content-type": "application/json" };
  const response = await fetch(server.url + path, { method: "POST", headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as { id: string };
}

/** The smallest value that at least the part `q` of the values does not exceed. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}

const LOAD_AT_START = loadavg()[0] ?? 0;

/** No figure without it. The load tells whether the machine had something else to do when this began. */
export function describeMachine(): string {
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} cores (${cpus()[0]?.model.trim()}), ${memory} GiB, Node ${process.version}, load ${LOAD_AT_START.toFixed(1)} at the start`;
}
