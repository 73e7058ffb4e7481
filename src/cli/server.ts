import { resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { standInForCron } from "./cron.ts";
import { environmentFlags } from "./environment.ts";
import { explainFailure } from "./explain.ts";
import type { DevFlags } from "./flags.ts";
import { markData, refuseSharedData } from "./lock.ts";
import { migrateLocally } from "./migrate.ts";
import { choosePort } from "./port.ts";
import { CommandError } from "./program.ts";
import { waitUntilReady } from "./ready.ts";
import { secretKeyFlags } from "./secret-keys.ts";
import { bundleDashboard } from "./ui/bundle.ts";
import { projectRoot, startWrangler, type Wrangler } from "./wrangler.ts";

const KEPT_OUTPUT = 20_000;

export interface Server {
  url: string;
  /** Result of the migrations, in a few words. */
  migrations: string;
  /** wrangler's exit code. */
  exited: Promise<number>;
}

interface ServerOptions {
  flags: DevFlags;
  /** Takes wrangler's output. */
  show: (chunk: Buffer, stream: "stdout" | "stderr") => void;
  /** Stops the server. */
  stopping: AbortSignal;
  /** True if `show` has shown the user the output, so that an error need not repeat it. */
  shown: boolean;
}

/**
 * Starts the outbox on this machine: bundles the dashboard, applies the migrations, starts `wrangler dev`, waits until it answers, and
 * from then on stands in for the cron.
 * @throws {CommandError} when the server ends before it is ready, with the reason
 */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { flags, stopping } = options;
  const { host } = flags;
  const data = resolve(projectRoot, flags.persistTo);
  await refuseSharedData(data);
  const port = await choosePort(flags.port, host);
  markData(data, host, port);
  await bundleDashboard();
  const migrations = await migrateLocally(flags.database, stopping);
  const wrangler = startWrangler(
    ["dev", ...environmentFlags(flags), `--port=${port}`, ...flags.rest, ...secretKeyFlags(flags, data)],
    ["ignore", "pipe", "pipe"],
    stopping,
  );
  const output = follow(wrangler, options.show);
  const ended = new AbortController();
  const exited = wrangler.exited.finally(() => ended.abort());

  const url = `http://${host}:${port}`;
  await waitUntilReady(url, ended.signal);
  if (ended.signal.aborted) {
    const exitCode = await exited;
    throw new CommandError(explainFailure(output(), exitCode, options.shown), exitCode || 1);
  }
  void standInForCron(url, ended.signal);
  return { url, migrations, exited };
}

/** Passes the output on, and keeps the last of it. */
function follow({ child }: Wrangler, show: ServerOptions["show"]): () => string {
  let kept = "";
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.on("data", (chunk: Buffer) => {
      kept = (kept + chunk.toString("utf8")).slice(-KEPT_OUTPUT);
      show(chunk, name);
    });
  }
  return () => stripVTControlCharacters(kept);
}
