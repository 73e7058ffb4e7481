import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";
import { newToken } from "../../src/cli/dev-vars.ts";
import { lastWords } from "../../src/cli/explain.ts";
import { readDevFlags } from "../../src/cli/flags.ts";
import { CommandError } from "../../src/cli/program.ts";
import { type Server, startServer } from "../../src/cli/server.ts";
import { type Client, createClient } from "../../src/client/client.ts";
import { openReceiver, type Receiver } from "./receiver.ts";

const READY_DEADLINE_MS = 60_000;

export interface Stage {
  serverUrl: string;
  client: Client;
  receiver: Receiver;
  /** The operator's token. */
  token: string;
}

/** Sets up a server and a receiver that nothing else uses, has the play played, and takes all down, whatever happens. */
export async function withStage(
  settings: Record<string, string>,
  stopping: AbortSignal,
  play: (stage: Stage) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "edge-outbox-demo-"));
  const wranglerLog = join(folder, "wrangler.log");
  const token = newToken();
  const ending = new AbortController();
  stopping.addEventListener("abort", () => ending.abort(stopping.reason));
  const receiver = await openReceiver();
  const starting = startServer({
    flags: demoFlags(folder, { ...settings, OPERATOR_TOKEN: token }),
    stopping: ending.signal,
    shown: false,
    show: (chunk) => appendFileSync(wranglerLog, chunk),
  });
  try {
    const server = await inTime(starting, stopping);
    const client = createClient(server.url, { token, fetch: untilStopped(stopping) });
    await play({ serverUrl: server.url, client, receiver, token });
  } catch (error) {
    throw error instanceof CommandError || stopping.aborted ? error : withLog(error, wranglerLog);
  } finally {
    ending.abort("SIGTERM");
    await starting.then((server) => server.exited).catch(() => undefined);
    receiver.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

function untilStopped(stopping: AbortSignal): typeof fetch {
  return (input, init) =>
    fetch(input, { ...init, signal: AbortSignal.any([stopping, init?.signal ?? stopping]) });
}

/** Nothing from the developer's own settings or data. */
function demoFlags(folder: string, settings: Record<string, string>) {
  const noSettings = join(folder, "no-settings");
  writeFileSync(noSettings, "");
  return readDevFlags([
    "--port=0",
    "--log-level=log",
    `--persist-to=${join(folder, "state")}`,
    `--env-file=${noSettings}`,
    ...Object.entries(settings).flatMap(([name, value]) => ["--var", `${name}:${value}`]),
  ]);
}

async function inTime(starting: Promise<Server>, stopping: AbortSignal): Promise<Server> {
  const late = new AbortController();
  const deadline = sleep(READY_DEADLINE_MS, undefined, { signal: AbortSignal.any([late.signal, stopping]) });
  const refusal = deadline.then(() => {
    throw new Error(`Waited ${READY_DEADLINE_MS / 1000} s in vain for the server to be ready.`);
  });
  try {
    return await Promise.race([starting, refusal]);
  } finally {
    late.abort();
  }
}

function withLog(error: unknown, wranglerLog: string): CommandError {
  const reason = error instanceof Error ? error.message : String(error);
  return new CommandError(
    `The last of the server's log:\n\n${tail(wranglerLog)}\n\nThe demo failed. ${reason}`,
  );
}

function tail(path: string): string {
  try {
    return lastWords(stripVTControlCharacters(readFileSync(path, "utf8")));
  } catch {
    return "(nothing)";
  }
}
