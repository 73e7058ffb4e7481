import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { limits } from "../../src/platform/limits.ts";
import {
  type DevServer,
  findFreePort,
  OPERATOR_TOKEN,
  startDevServer,
  waitUntil,
} from "../support/programs/dev-server.ts";

/** An endpoint outside of everything that is killed: what arrived, in order. */
const arrived: { id: string; body: string }[] = [];
const receiver = createServer((request, response) => {
  let body = "";
  request.on("data", (chunk) => {
    body += chunk;
  });
  request.on("end", () => {
    arrived.push({ id: String(request.headers["webhook-id"]), body });
    response.end();
  });
});
const data = mkdtempSync(join(tmpdir(), "edge-outbox-kill-"));
const started: DevServer[] = [];

beforeAll(() => new Promise<void>((listening) => receiver.listen(0, "127.0.0.1", listening)));

afterAll(async () => {
  for (const server of started) await server.kill();
  receiver.closeAllConnections();
  receiver.close();
  rmSync(data, { recursive: true, force: true });
});

async function start(port: number): Promise<DevServer> {
  // What was in flight comes back when its lease ends. An attempt that a busy machine cuts short is one of many.
  const vars = {
    LEASE_SECONDS: "8",
    WEBHOOK_TIMEOUT_SECONDS: "5",
    RETRY_SCHEDULE: Array(limits.retriesPerSchedule).fill(1).join(),
  };
  const server = await startDevServer({ port, data, vars });
  started.push(server);
  return server;
}

async function post(server: DevServer, path: string, body: unknown) {
  const headers = { authorization: `Bearer ${OPERATOR_TOKEN}`, "content-type": "application/json" };
  const response = await fetch(server.url + path, { method: "POST", headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  return (await response.json()) as { id: string };
}

/*
 * Setup: wrangler dev under load, an endpoint outside, messages with and without an ordering key.
 * Timeline: the whole process group is killed while messages are in flight, with them the local queues, which
 * live in memory; it is started again on the same data; nobody sends anything more.
 * What this proves: whatever was answered with 202 arrives, byte for byte and in the order of its key.
 */
test("kill -9 while messages are in flight: every accepted one arrives after a restart", async () => {
  const port = await findFreePort();
  const first = await start(port);
  await post(first, "/v1/tenants", { id: "acme" });
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
  await post(first, "/v1/tenants/acme/endpoints", { channel: "webhook", url });

  const accepted = new Map<string, string>();
  let killed = false;
  const produce = async (producer: number) => {
    for (let n = 0; !killed; n++) {
      const key = n % 2 === 0 ? { orderingKey: `key-${producer}` } : {};
      const payload = { producer, n };
      const answer = await post(first, "/v1/tenants/acme/messages", {
        eventType: "a",
        payload,
        ...key,
      }).catch(() => undefined);
      if (answer) accepted.set(answer.id, JSON.stringify(payload));
      else return;
    }
  };
  const producing = Promise.all(Array.from({ length: 6 }, (_, producer) => produce(producer)));
  await waitUntil("some traffic", async () => arrived.length >= 50);
  await first.kill();
  killed = true;
  await producing;
  const beforeRestart = new Set(arrived.map(({ id }) => id));
  const inFlight = [...accepted.keys()].filter((id) => !beforeRestart.has(id)).length;

  await start(port);
  const missing = () => {
    const seen = new Set(arrived.map(({ id }) => id));
    return [...accepted.keys()].filter((id) => !seen.has(id));
  };
  await waitUntil("every accepted message to arrive", async () => missing().length === 0);

  console.log(`accepted ${accepted.size}, in flight when killed ${inFlight}, arrived ${arrived.length}`);
  for (const { id, body } of arrived)
    if (accepted.has(id)) expect(body.endsWith(`,"data":${accepted.get(id)}}`)).toBe(true);
  const firstArrivals = [...new Map(arrived.toReversed().map((one) => [one.id, one])).values()].toReversed();
  for (let producer = 0; producer < 6; producer++) {
    const keyed = firstArrivals
      .map(({ body }) => JSON.parse(body).data as { producer: number; n: number })
      .filter((payload) => payload.producer === producer && payload.n % 2 === 0)
      .map(({ n }) => n);
    expect(keyed).toEqual(keyed.toSorted((a, b) => a - b));
  }
});
