/// <reference types="node" />
import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { PATIENCE_MS } from "../runner/patience.ts";

const ROOT = join(import.meta.dirname, "../../..");
export const OPERATOR_TOKEN = "operator-token-of-a-test";

export interface DevServer {
  url: string;
  /** Ends the whole process group at once, as a power cut would. */
  kill: () => Promise<void>;
  /** Asks it to stop, as Ctrl-C does. */
  stop: () => Promise<void>;
}

export async function findFreePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((listening) => probe.listen(0, "127.0.0.1", listening));
  const { port } = probe.address() as AddressInfo;
  await new Promise((closed) => probe.close(closed));
  return port;
}

/** `npm run dev` in a process group of its own, on the given data, ready when this returns. */
export async function startDevServer(options: {
  port: number;
  data: string;
  vars: Record<string, string>;
  /** Another Worker than the deployed one, from the project's root. */
  entry?: string;
  /** Takes what the Worker logs, line by line. Without it nothing is logged. */
  onLog?: (line: string) => void;
}): Promise<DevServer> {
  const vars = { OPERATOR_TOKEN, ALLOW_LOOPBACK_ENDPOINTS: "true", ...options.vars };
  const { onLog, entry } = options;
  const level = onLog ? "log" : "error";
  const flags = [`--port=${options.port}`, `--persist-to=${options.data}`, `--log-level=${level}`];
  const settings = Object.entries(vars).flatMap(([name, value]) => ["--var", `${name}:${value}`]);
  const child = spawn("npm", ["run", "dev", "--", ...(entry ? [entry] : []), ...flags, ...settings], {
    cwd: ROOT,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output = (output + chunk).slice(-5_000);
    });
  }
  if (onLog) createInterface({ input: child.stdout }).on("line", onLog);
  const url = `http://127.0.0.1:${options.port}`;
  await waitUntil("the server to be ready", async () => {
    if (child.exitCode !== null) throw new Error(`npm run dev ended with ${child.exitCode}:\n${output}`);
    return output.includes(`${url} is ready`);
  });
  return { url, kill: () => endGroup(child, "SIGKILL"), stop: () => endGroup(child, "SIGTERM") };
}

/** Sends a signal to a whole process group, and waits for its end. */
export async function endGroup(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const exited = new Promise((resolve) => child.once("exit", resolve));
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  process.kill(-child.pid, signal);
  await exited;
}

/** Looks again and again until the condition holds, and says what it waited for when it does not. */
export async function waitUntil(what: string, condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Waited ${PATIENCE_MS} ms for ${what}`);
    await pause(50);
  }
}
