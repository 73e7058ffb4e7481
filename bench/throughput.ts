/**
 * `npm run bench -- throughput`: how fast the outbox accepts and delivers on this machine, over HTTP, on the local emulator:
 * `wrangler dev`, a receiver and the producers share its cores, so the figures compare versions, not Cloudflare.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import {
  type DevServer,
  findFreePort,
  startDevServer,
  waitUntil,
} from "../test/support/programs/dev-server.ts";
import { describeMachine, post, quantile } from "./measure.ts";

const RUNS = 3;
const MESSAGES = 2_000;
const PRODUCERS = 16;
const KEYS = 100;
const STEADY_PER_SECOND = 50;
const STEADY_SECONDS = 10;

const arrivedAt = new Map<string, number>();
const receiver = createServer((request, response) => {
  request.resume();
  request.on("end", () => {
    arrivedAt.set(String(request.headers["webhook-id"]), performance.now());
    response.end();
  });
});

interface Sent {
  id: string;
  sentAt: number;
  acceptMs: number;
}

async function send(server: DevServer, tenant: string, n: number, keyed: boolean): Promise<Sent> {
  const sentAt = performance.now();
  const key = keyed ? { orderingKey: `key-${n % KEYS}` } : {};
  const body = { eventType: "order.placed", payload: { n, note: "x".repeat(200) }, ...key };
  const { id } = await post(server, `/v1/tenants/${tenant}/messages`, body);
  return { id, sentAt, acceptMs: performance.now() - sentAt };
}

async function createTenant(server: DevServer, id: string): Promise<string> {
  await post(server, "/v1/tenants", { id });
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
  await post(server, `/v1/tenants/${id}/endpoints`, { channel: "webhook", url });
  return id;
}

async function untilArrived(sent: readonly Sent[]): Promise<number> {
  await waitUntil("every message to arrive", async () => sent.every(({ id }) => arrivedAt.has(id)));
  return Math.max(...sent.map(({ id }) => arrivedAt.get(id) ?? 0));
}

/** As fast as 16 producers can, and until the last one has arrived. */
async function burst(server: DevServer, tenant: string, keyed: boolean) {
  const startedAt = performance.now();
  const sent: Sent[] = [];
  let next = 0;
  const produce = async () => {
    while (next < MESSAGES) sent.push(await send(server, tenant, next++, keyed));
  };
  await Promise.all(Array.from({ length: PRODUCERS }, produce));
  const acceptedMs = performance.now() - startedAt;
  const deliveredMs = (await untilArrived(sent)) - startedAt;
  return {
    "accepted per second": (MESSAGES / acceptedMs) * 1000,
    "delivered per second": (MESSAGES / deliveredMs) * 1000,
    "accept p50 ms": quantile(
      sent.map(({ acceptMs }) => acceptMs),
      0.5,
    ),
    "accept p99 ms": quantile(
      sent.map(({ acceptMs }) => acceptMs),
      0.99,
    ),
  };
}

/** At a rate that leaves the machine idle most of the time: how long from the request to the receiver. */
async function steady(server: DevServer, tenant: string) {
  const sending: Promise<Sent>[] = [];
  for (let n = 0; n < STEADY_PER_SECOND * STEADY_SECONDS; n++) {
    sending.push(send(server, tenant, n, false));
    await pause(1000 / STEADY_PER_SECOND);
  }
  const sent = await Promise.all(sending);
  await untilArrived(sent);
  const latencies = sent.map(({ id, sentAt }) => (arrivedAt.get(id) ?? 0) - sentAt);
  return { "end to end p50 ms": quantile(latencies, 0.5), "end to end p99 ms": quantile(latencies, 0.99) };
}

/** The median over the runs of each figure. */
function medians(runs: readonly Record<string, number>[]): Record<string, string> {
  const names = Object.keys(runs[0] ?? {});
  return Object.fromEntries(
    names.map((name) => [
      name,
      quantile(
        runs.map((run) => run[name] ?? 0),
        0.5,
      ).toFixed(1),
    ]),
  );
}

async function measure() {
  const data = mkdtempSync(join(tmpdir(), "edge-outbox-bench-"));
  await new Promise<void>((listening) => receiver.listen(0, "127.0.0.1", listening));
  const server = await startDevServer({ port: await findFreePort(), data, vars: {} });
  try {
    await burst(server, await createTenant(server, "warm-up"), false);
    const results: Record<string, Record<string, number>[]> = { unordered: [], ordered: [], steady: [] };
    for (let run = 1; run <= RUNS; run++) {
      console.log(`run ${run} of ${RUNS} …`);
      results["unordered"]?.push(await burst(server, await createTenant(server, `unordered-${run}`), false));
      results["ordered"]?.push(await burst(server, await createTenant(server, `ordered-${run}`), true));
      results["steady"]?.push(await steady(server, await createTenant(server, `steady-${run}`)));
    }
    report(results);
  } finally {
    await server.stop();
    receiver.closeAllConnections();
    receiver.close();
    rmSync(data, { recursive: true, force: true });
  }
}

function report(results: Record<string, Record<string, number>[]>) {
  console.log(`\n${describeMachine()}`);
  console.log(
    `${MESSAGES} messages by ${PRODUCERS} producers, ordered over ${KEYS} keys; steady at ${STEADY_PER_SECOND}/s. Medians of ${RUNS} runs:`,
  );
  for (const [name, runs] of Object.entries(results)) {
    console.log(`\n${name}`);
    for (const [figure, value] of Object.entries(medians(runs)))
      console.log(`  ${figure.padEnd(22)}${value.padStart(10)}`);
  }
}

await measure();
