/**
 * `npm run bench -- storage`: how many bytes of D1 a delivered message takes, as D1's own `size_after` tells, for payloads of
 * several sizes and receivers that say little or much. Bytes, not times: they are the same on any machine.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type DevServer,
  findFreePort,
  startDevServer,
  waitUntil,
} from "../../test/support/programs/dev-server.ts";
import { post } from "../measure.ts";
import { noise, order } from "./payloads.ts";

const COMMIT = 20;
const TALK = "I have received your webhook, and shall think about it. ".repeat(18).slice(0, 1024);

const receiver = createServer((request, response) => {
  request.resume();
  request.on("end", () => response.end(request.url === "/talkative" ? TALK : "ok"));
});

const CASES = [
  { name: "an order of 100 B", payload: (n: number) => order(n, 100), messages: 2000 },
  { name: "an order of 1 KB", payload: (n: number) => order(n, 1024), messages: 1000 },
  { name: "an order of 4 KB", payload: (n: number) => order(n, 4096), messages: 500 },
  { name: "an order of 64 KB", payload: (n: number) => order(n, 65_536), messages: 100 },
  { name: "1 KB of noise", payload: (n: number) => noise(n, 1024), messages: 1000 },
  { name: "4 KB of noise", payload: (n: number) => noise(n, 4096), messages: 500 },
];

async function sizeOf(server: DevServer): Promise<{ bytes: number; unsettled: number }> {
  const response = await fetch(`${server.url}/size`);
  return (await response.json()) as { bytes: number; unsettled: number };
}

/** The bytes that each message has added, once all are delivered. */
async function bytesPerMessage(
  server: DevServer,
  tenant: string,
  path: string,
  index: number,
): Promise<number> {
  const { payload, messages } = CASES[index] as (typeof CASES)[number];
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}${path}`;
  await post(server, "/v1/tenants", { id: tenant });
  await post(server, `/v1/tenants/${tenant}/endpoints`, { channel: "webhook", url });
  const before = await sizeOf(server);
  for (let n = 0; n < messages; n += COMMIT) {
    const batch = Array.from({ length: COMMIT }, (_, m) => ({
      eventType: "order.placed",
      payload: payload(n + m),
    }));
    await post(server, `/v1/tenants/${tenant}/messages/batch`, { messages: batch });
  }
  await waitUntil("all to be delivered", async () => (await sizeOf(server)).unsettled === 0);
  return ((await sizeOf(server)).bytes - before.bytes) / messages;
}

async function measure() {
  await new Promise<void>((listening) => receiver.listen(0, "127.0.0.1", listening));
  const data = mkdtempSync(join(tmpdir(), "edge-outbox-bench-"));
  const entry = "bench/storage/worker.ts";
  const server = await startDevServer({ port: await findFreePort(), data, vars: {}, entry });
  try {
    console.log("Bytes of D1 for each delivered message; a receiver that answers 200 with");
    console.log(`${"".padEnd(22)}${"2 characters".padStart(14)}${"1,024".padStart(14)}`);
    for (const [index, { name }] of CASES.entries()) {
      const quiet = await bytesPerMessage(server, `quiet-${index}`, "/quiet", index);
      const talkative = await bytesPerMessage(server, `talkative-${index}`, "/talkative", index);
      console.log(`${name.padEnd(22)}${quiet.toFixed(0).padStart(14)}${talkative.toFixed(0).padStart(14)}`);
    }
  } finally {
    await server.stop();
    receiver.close();
    rmSync(data, { recursive: true, force: true });
  }
}

await measure();
