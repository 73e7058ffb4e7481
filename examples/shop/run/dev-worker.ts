import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { standInForCron } from "../../../src/cli/cron.ts";
import { migrateLocally } from "../../../src/cli/migrate.ts";
import { CommandError } from "../../../src/cli/program.ts";
import { waitUntilReady } from "../../../src/cli/ready.ts";
import { projectRoot } from "../../../src/cli/wrangler.ts";

const STOP_GRACE_MS = 5_000;
const KEPT_OUTPUT = 10_000;
const WRANGLER = join(fileURLToPath(import.meta.resolve("wrangler/package.json")), "../bin/wrangler.js");
const QUIET = {
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_HIDE_BANNER: "true",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
};

export interface WorkerPlan {
  /** Its wrangler.toml, from the project's folder. */
  config: string;
  port: number;
  /** Where its database is. */
  data: string;
  /** Settings beside those of its wrangler.toml. */
  vars: Record<string, string>;
  /** How often its cron is fired: `wrangler dev` never does. Left out: it has none. */
  cronEveryMs?: number;
}

/** A Worker under `wrangler dev`, in a process group of its own. */
export interface DevWorker {
  url: string;
  /** `kill -9 -<pid>` ends all of it. */
  pid: number;
  exited: Promise<unknown>;
  /** Ends it at once, as a power cut would. */
  kill(): Promise<void>;
  /** Asks it to stop, and kills it if it takes too long. */
  stop(): Promise<void>;
}

export function migrate({ config, data }: WorkerPlan, stopping: AbortSignal): Promise<string> {
  return migrateLocally(["--config", config, "--persist-to", data], stopping);
}

/** @throws {CommandError} when it ends before it answers */
export async function startWorker(plan: WorkerPlan, stopping: AbortSignal): Promise<DevWorker> {
  const child = spawn(process.execPath, [WRANGLER, ...devArguments(plan)], {
    cwd: projectRoot,
    env: { ...QUIET, ...process.env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const output = follow(child);
  const ended = new AbortController();
  const exited = once(child, "exit").finally(() => ended.abort());
  const end = async (signal: NodeJS.Signals) => {
    signalGroup(child, signal);
    await exited;
  };
  // Should we end without a word, it must not be left behind.
  const leave = () => signalGroup(child, "SIGKILL");
  process.once("exit", leave);
  void exited.then(() => process.off("exit", leave));

  const url = `http://127.0.0.1:${plan.port}`;
  await waitUntilReady(url, AbortSignal.any([ended.signal, stopping]));
  if (ended.signal.aborted)
    throw new CommandError(`${output()}\n\n${plan.config} did not start; its words are above.`);
  if (stopping.aborted) await end("SIGKILL");
  stopping.throwIfAborted();
  if (plan.cronEveryMs !== undefined) void standInForCron(url, ended.signal, plan.cronEveryMs);
  return {
    url,
    pid: child.pid ?? 0,
    exited,
    kill: () => end("SIGKILL"),
    stop: async () => {
      setTimeout(leave, STOP_GRACE_MS).unref();
      await end("SIGTERM");
    },
  };
}

function devArguments({ config, port, data, vars }: WorkerPlan): string[] {
  const settings = Object.entries(vars).flatMap(([name, value]) => ["--var", `${name}:${value}`]);
  const flags = ["--inspector-port=0", "--show-interactive-dev-session=false", "--log-level=error"];
  return ["dev", "--config", config, `--port=${port}`, `--persist-to=${data}`, ...flags, ...settings];
}

function follow(child: ChildProcess): () => string {
  let kept = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => {
      kept = (kept + chunk.toString("utf8")).slice(-KEPT_OUTPUT);
    });
  }
  return () => stripVTControlCharacters(kept).trim();
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It is gone already.
  }
}
