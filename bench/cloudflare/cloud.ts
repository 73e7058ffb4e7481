import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { parse } from "smol-toml";
import { findFreePort, startDevServer } from "../../test/support/programs/dev-server.ts";
import { OutboxContender } from "../beside/outbox.ts";
import { postJson } from "../beside/post-json.ts";
import { cpuMsOf, findWorkerd } from "../process.ts";
import { type BatchAnswer, BrokerQueue, type ConsumerSettings, type QueueFigures } from "./broker.ts";
import type { D1Figures } from "./d1-figures.ts";
import { MOST_CONSUMERS, type Parameters } from "./parameters.ts";

const CONFIG = join(import.meta.dirname, "../../wrangler.toml");

const MEMORY = "/dev/shm";

/** Figures of a stretch of time. */
export interface Figures extends QueueFigures, D1Figures {
  ms: number;
  /** Share of the time in which workerd computed. At 1 the machine is measured, and not the emulated network. */
  workerdBusy: number;
}

/** The Worker on the emulated network. */
export interface Cloud {
  outbox: OutboxContender;
  webhooks: BrokerQueue;
  /** Answers the figures since the last call, and begins anew. */
  takeFigures(): Promise<Figures>;
}

/** Starts the Worker and its broker for as long as `play` takes. */
export async function onCloud(parameters: Parameters, play: (cloud: Cloud) => Promise<void>): Promise<void> {
  // In memory, as the disk would add the time of each commit to the distance of D1.
  const folder = existsSync(MEMORY) ? MEMORY : tmpdir();
  const data = mkdtempSync(join(folder, "edge-outbox-bench-"));
  const port = await findFreePort();
  const queues = createQueues(parameters, `http://127.0.0.1:${port}`);
  const door = await openDoor(queues);
  const vars = {
    LOG_LEVEL: "error",
    BENCH_BROKER_PORT: String((door.address() as AddressInfo).port),
    BENCH_D1_MS: String(parameters.d1Ms),
    BENCH_QUEUE_MS: String(parameters.queueMs),
    BENCH_RELAY_MS: String(parameters.relayMs),
  };
  const server = await startDevServer({ port, data, vars, entry: "bench/cloudflare/worker.ts" });
  // The server has a process group of its own, which would outlive a bench that is interrupted.
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
  process.once("exit", () => {
    void server.kill();
    rmSync(data, { recursive: true, force: true });
  });
  try {
    const webhooks = queues.get("edge-outbox-webhook");
    if (!webhooks) throw new Error("wrangler.toml has no queue for webhooks");
    const takeFigures = figuresOf(server.url, findWorkerd(data), webhooks);
    await play({ outbox: new OutboxContender(server), webhooks, takeFigures });
  } finally {
    await server.kill();
    door.close();
  }
}

/** Queues with the consumers of wrangler.toml. */
function createQueues(
  { consumers = MOST_CONSUMERS, queueMs }: Parameters,
  url: string,
): Map<string, BrokerQueue> {
  const config = parse(readFileSync(CONFIG, "utf8")) as unknown as {
    queues: { consumers: (ConsumerSettings & { queue: string })[] };
  };
  const invoke = async (batch: unknown) => {
    try {
      return JSON.parse(await postJson(`${url}/bench/consume`, JSON.stringify(batch))) as BatchAnswer;
    } catch (error) {
      console.error("An invocation failed:", error);
      throw error;
    }
  };
  // The other half of the latency is the Worker's, which waits for it in `sendBatch`.
  const tools = { consumers, latencyMs: queueMs / 2, invoke };
  return new Map(
    config.queues.consumers.map(({ queue, ...settings }) => [
      queue,
      new BrokerQueue(queue, { settings, ...tools }),
    ]),
  );
}

/** Takes what the Worker sends: to each queue by its path. */
async function openDoor(queues: ReadonlyMap<string, BrokerQueue>): Promise<Server> {
  const door = createServer(async (request, response) => {
    const bodies = JSON.parse(await text(request)) as unknown[];
    queues.get(request.url?.slice(1) ?? "")?.send(bodies);
    response.end();
  });
  door.keepAliveTimeout = 120_000;
  await new Promise<void>((listening) => door.listen(0, "127.0.0.1", listening));
  return door;
}

function figuresOf(url: string, pid: number, queue: BrokerQueue): Cloud["takeFigures"] {
  let [since, cpuMs] = [performance.now(), cpuMsOf(pid)];
  return async () => {
    const d1 = JSON.parse(await postJson(`${url}/bench/d1`, "")) as D1Figures;
    const [now, cpuMsNow] = [performance.now(), cpuMsOf(pid)];
    const ms = now - since;
    const figures = { ...queue.takeFigures(), ...d1, ms, workerdBusy: (cpuMsNow - cpuMs) / ms };
    [since, cpuMs] = [now, cpuMsNow];
    return figures;
  };
}
