/// <reference types="node" />
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { PATIENCE_MS } from "../runner/patience.ts";

export const ROOT = join(import.meta.dirname, "../../..");

/** wrangler's program, under the Node that the project brings. */
export const WRANGLER = join(ROOT, "node_modules/wrangler/bin/wrangler.js");

/** Quiet, offline, asking nothing; and of the kind that wrangler's command has by itself, not a test. */
export const QUIET = {
  ...process.env,
  NODE_ENV: "",
  WRANGLER_SEND_METRICS: "false",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  CI: "true",
};

/** Runs it to its end, and answers what it has printed. Its output is the error when it fails. */
export async function run(cwd: string, command: string, ...args: string[]): Promise<string> {
  return (await runAloud(cwd, command, ...args)).stdout;
}

/** The output, with that of errors and warnings. */
export async function runAloud(cwd: string, command: string, ...args: string[]) {
  const failed = ({ stdout, stderr, message }: { stdout: string; stderr: string; message: string }) => {
    throw new Error(`${message}\n${stdout}${stderr}`);
  };
  const options = { cwd, env: QUIET, timeout: PATIENCE_MS };
  return promisify(execFile)(command, args, options).catch(failed);
}
