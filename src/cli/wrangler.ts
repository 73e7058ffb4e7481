import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { CommandError } from "./program.ts";

export const projectRoot = join(import.meta.dirname, "../..");

/** Quiet and offline, unless the user's environment sets otherwise. */
const QUIET = {
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_HIDE_BANNER: "true",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
};

/** A wrangler that ignores the request to stop for this long is killed. */
const STOP_GRACE_MS = 10_000;

export interface Wrangler {
  child: ChildProcess;
  /** Its exit code. */
  exited: Promise<number>;
}

/**
 * Starts wrangler in the project's folder. It stays in the launcher's process group, so that `kill -9` of the group
 * leaves nothing behind, and is stopped when `stopping` aborts.
 * @param settings variables of its environment
 */
export function startWrangler(
  args: readonly string[],
  stdio: StdioOptions,
  stopping: AbortSignal,
  settings: Readonly<Record<string, string>> = {},
): Wrangler {
  // It writes to a pipe, and would leave out colours.
  const colours = process.stdout.isTTY && !process.env["NO_COLOR"] ? { FORCE_COLOR: "1" } : {};
  // wrangler's command decides on the kind of build: `dev` has the inspector, `deploy` has not.
  const env = { ...QUIET, ...colours, ...process.env, NODE_ENV: "", ...settings };
  const child = spawn(process.execPath, [wranglerPath(), ...args], { cwd: projectRoot, env, stdio });
  const { promise: exited, resolve, reject } = Promise.withResolvers<number>();
  const stop = () => {
    child.kill(stopping.reason as NodeJS.Signals);
    setTimeout(() => child.kill("SIGKILL"), STOP_GRACE_MS).unref();
  };
  if (stopping.aborted) stop();
  stopping.addEventListener("abort", stop);
  // "close" comes after the last of the output, "exit" before it.
  child.on("close", (code) => {
    stopping.removeEventListener("abort", stop);
    resolve(code ?? 1);
  });
  child.on("error", reject);
  return { child, exited };
}

interface Finished {
  exitCode: number;
  stdout: string;
  /** Its whole output, in order, without colours. */
  output: string;
}

/** Runs a wrangler command without questions, and collects its output. */
export async function runWrangler(args: readonly string[], stopping: AbortSignal): Promise<Finished> {
  const { child, exited } = startWrangler(args, ["ignore", "pipe", "pipe"], stopping);
  let stdout = "";
  let output = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    output += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const exitCode = await exited;
  stopping.throwIfAborted();
  return { exitCode, stdout: stripVTControlCharacters(stdout), output: stripVTControlCharacters(output) };
}

function wranglerPath(): string {
  try {
    return join(dirname(fileURLToPath(import.meta.resolve("wrangler/package.json"))), "bin/wrangler.js");
  } catch {
    throw new CommandError("wrangler is not installed. Run `npm install` first.");
  }
}
