/**
 * `npm run bench -- fairness`: how long a tenant's single message takes while another tenant has 100,000 due deliveries,
 * beside how long it takes without. On this machine, on the local emulator: its queue hands out one batch after
 * another, where Cloudflare runs consumers side by side. So the figures compare versions.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { runWrangler } from "../src/cli/wrangler.ts";
import { backlogStatements } from "../test/support/database/backlog.ts";
import {
  type DevServer,
  findFreePort,
  startDevServer,
  waitUntil,
} from "../test/support/programs/dev-server.ts";
import { describeMachine, post, quantile } from "./measure.ts";

const BACKLOG = 100_000;
const SAMPLES = 40;
const ANSWER_MS = 20;
/** No multiple of anything: the samples fall into all phases of the other tenant's tasks. */
const PAUSE_MS = 230;

const arrivedAt = new Map<string, number>();
let ofBacklog = 0;
const receiver = createServer((request, response) => {
  request.resume();
  request.on("end", () => {
    if (request.url === "/big") {
      ofBacklog++;
      setTimeout(() => response.end(), ANSWER_MS);
    } else {
      arrivedAt.set(String(request.headers["webhook-id"]), performance.now());
      response.end();
    }
  });
});

/** How large each task of the big tenant was, and how long it took, by the Worker's own log. */
const tasks: { tried: number; durationMs: number }[] = [];
function onLog(line: string) {
  if (!line.includes('"delivery.task_done"')) return;
  const task = JSON.parse(line.slice(line.indexOf("{")));
  if (task.tenant === "big" && task.tried > 0) tasks.push(task);
}

async function createTenant(server: DevServer, id: string): Promise<string> {
  await post(server, "/v1/tenants", { id });
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/${id}`;
  return (await post(server, `/v1/tenants/${id}/endpoints`, { channel: "webhook", url })).id;
}

async function insertBacklog(data: string, endpointId: string) {
  const backlog = { tenantId: "big", endpointId, count: BACKLOG, at: Date.now() };
  for (const statement of backlogStatements(backlog)) {
    const args = ["d1", "execute", "DB", "--local", `--persist-to=${data}`, "--command", statement];
    const { exitCode, output } = await runWrangler(args, new AbortController().signal);
    if (exitCode !== 0) throw new Error(output);
  }
}

/** From the request of a single message to its arrival, again and again, never two at a time. */
async function measureSingles(server: DevServer, count: number): Promise<number[]> {
  const latencies: number[] = [];
  for (let n = 0; n < count; n++) {
    const sentAt = performance.now();
    const { id } = await post(server, "/v1/tenants/small/messages", { eventType: "a", payload: { n } });
    await waitUntil("the single message to arrive", async () => arrivedAt.has(id));
    latencies.push((arrivedAt.get(id) ?? 0) - sentAt);
    await pause(PAUSE_MS);
  }
  return latencies;
}

async function measure() {
  const data = mkdtempSync(join(tmpdir(), "edge-outbox-bench-"));
  await new Promise<void>((listening) => receiver.listen(0, "127.0.0.1", listening));
  const port = await findFreePort();
  let server = await startDevServer({ port, data, vars: {} });
  try {
    const big = await createTenant(server, "big");
    await createTenant(server, "small");
    await post(server, `/v1/tenants/big/endpoints/${big}/pause`, {});
    await server.stop();
    console.log(`writing ${BACKLOG} due deliveries of one tenant …`);
    await insertBacklog(data, big);
    server = await startDevServer({ port, data, vars: { LOG_LEVEL: "debug" }, onLog });

    await measureSingles(server, 5);
    console.log(`${SAMPLES} single messages of another tenant, while those are paused …`);
    const alone = await measureSingles(server, SAMPLES);
    await post(server, `/v1/tenants/big/endpoints/${big}/resume`, {});
    await waitUntil("the backlog to be under way", async () => tasks.length >= 4);
    console.log(`${SAMPLES} more, while those are sent …`);
    const [startedAt, before] = [performance.now(), ofBacklog];
    const beside = await measureSingles(server, SAMPLES);
    const perSecond = ((ofBacklog - before) / (performance.now() - startedAt)) * 1000;
    report(alone, beside, perSecond);
  } finally {
    await server.stop();
    receiver.closeAllConnections();
    receiver.close();
    rmSync(data, { recursive: true, force: true });
  }
}

function report(alone: readonly number[], beside: readonly number[], perSecond: number) {
  const taskMs = median(tasks.map(({ durationMs }) => durationMs));
  const taskSize = median(tasks.map(({ tried }) => tried));
  console.log(`
${describeMachine()}
${BACKLOG} due deliveries of one tenant, to a receiver that answers after ${ANSWER_MS} ms; ${SAMPLES} single messages of another.
The emulator hands out a queue's batches one after another; Cloudflare runs up to 250 consumers side by side.
`);
  printRow("from request to receiver", "median", "longest");
  printMs("alone", median(alone), Math.max(...alone));
  printMs("beside the backlog", median(beside), Math.max(...beside));
  const later = [median(beside) - median(alone), Math.max(...beside) - Math.max(...alone)];
  printRow(
    "times as long",
    ...[median(beside) / median(alone), Math.max(...beside) / Math.max(...alone)].map(brief),
  );
  printRow("longer by, in tasks of the other", ...later.map((ms) => brief(ms / taskMs)));
  console.log(`
a task of the other: ${taskSize} deliveries in ${taskMs} ms, mostly beside another of its kind; medians of ${tasks.length}
the backlog went down by ${perSecond.toFixed(0)} a second meanwhile; ${BACKLOG - ofBacklog} were left at the end`);
}

const median = (values: readonly number[]) => quantile(values, 0.5);
const brief = (value: number) => value.toFixed(1);

function printMs(name: string, ...values: number[]) {
  printRow(name, ...values.map((value) => `${value.toFixed(0)} ms`));
}

function printRow(name: string, ...cells: string[]) {
  console.log(name.padEnd(34) + cells.map((cell) => cell.padStart(10)).join(""));
}

await measure();
