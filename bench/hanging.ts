/**
 * `npm run bench -- hanging`: what a tenant whose receiver does not answer costs another tenant. 400 messages wait for the bad
 * receiver; meanwhile another tenant commits one message a second to a receiver that answers at once.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type DevServer, findFreePort, startDevServer } from "../test/support/programs/dev-server.ts";
import { describeMachine, post, quantile } from "./measure.ts";

const SECONDS = 30;
const WAITING = 400;
/** Time after the last message that is left to it. */
const PATIENCE_MS = 10_000;

const BAD: Readonly<Record<string, (response: ServerResponse) => void>> = {
  alone: (response) => response.end(),
  "never answers": () => {},
  "200 at once, and a body that never ends": (response) => void response.writeHead(200).write("."),
  "200 after 14 s": (response) => void setTimeout(() => response.end(), 14_000),
};

const arrivedAt = new Map<string, number>();
let answerBadly: (response: ServerResponse) => void = () => {};
const receiver = createServer((request, response) => {
  request.resume();
  request.on("end", () => {
    if (request.url === "/bad") return answerBadly(response);
    arrivedAt.set(String(request.headers["webhook-id"]), performance.now());
    response.end();
  });
});

async function createTenant(server: DevServer, id: string, path: string): Promise<string> {
  await post(server, "/v1/tenants", { id });
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}${path}`;
  await post(server, `/v1/tenants/${id}/endpoints`, { channel: "webhook", url });
  return id;
}

async function latenciesBeside(server: DevServer, n: number): Promise<number[]> {
  const [bad, good] = [
    await createTenant(server, `bad-${n}`, "/bad"),
    await createTenant(server, `good-${n}`, "/good"),
  ];
  const messages = Array.from({ length: 100 }, (_, at) => ({ eventType: "a", payload: at }));
  for (let sent = 0; n > 0 && sent < WAITING; sent += messages.length)
    await post(server, `/v1/tenants/${bad}/messages/batch`, { messages });
  const sent: { id: string; at: number }[] = [];
  for (let second = 0; second < SECONDS; second++) {
    const at = performance.now();
    const { id } = await post(server, `/v1/tenants/${good}/messages`, { eventType: "a", payload: second });
    sent.push({ id, at });
    await pause(1_000 - (performance.now() - at));
  }
  await pause(PATIENCE_MS);
  await post(server, `/v1/tenants/${bad}/pause`, {});
  return sent.map(({ id, at }) => (arrivedAt.get(id) ?? Number.POSITIVE_INFINITY) - at);
}

const data = mkdtempSync(join(tmpdir(), "edge-outbox-bench-"));
await new Promise<void>((listening) => receiver.listen(0, "127.0.0.1", listening));
const server = await startDevServer({ port: await findFreePort(), data, vars: {} });
try {
  console.log(
    `${describeMachine()}\n\n| the other tenant's receiver | p50 ms | p90 ms | longest ms |\n|---|---|---|---|`,
  );
  for (const [n, [name, answer]] of Object.entries(BAD).entries()) {
    answerBadly = answer;
    const latencies = await latenciesBeside(server, n);
    const figures = [quantile(latencies, 0.5), quantile(latencies, 0.9), Math.max(...latencies)];
    console.log(`| ${name} | ${figures.map((ms) => ms.toFixed(0)).join(" | ")} |`);
  }
} finally {
  await server.kill();
  receiver.closeAllConnections();
  receiver.close();
  rmSync(data, { recursive: true, force: true });
}
