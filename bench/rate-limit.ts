/**
 * `npm run bench -- rate`: how exactly the relay keeps rate limits, over every minute of a backlog. On this machine, on
 * the local emulator: real alarms, real queues, a real receiver.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type DevServer, findFreePort, startDevServer } from "../test/support/programs/dev-server.ts";
import { describeMachine, post } from "./measure.ts";

const RATES = [1, 5, 20];
const MINUTE_MS = 60_000;
const MEASURED_MS = 100_000;
/** What waited behind the commits in the emulator goes out first. */
const SETTLING_MS = 10_000;
const COMMITS_AT_ONCE = 16;

const arrivals = new Map<string, number[]>(RATES.map((rate) => [`/${rate}`, []]));
const receiver = createServer((request, response) => {
  request.resume();
  request.on("end", () => {
    arrivals.get(request.url ?? "")?.push(performance.now());
    response.end();
  });
});

async function commitBacklogs(server: DevServer) {
  const bodies = RATES.flatMap((rate) =>
    Array.from({ length: rate * ((SETTLING_MS + MEASURED_MS) / 1000 + 40) }, (_, n) => {
      return { eventType: `rate.${rate}`, payload: { n } };
    }),
  );
  const workers = Array.from({ length: COMMITS_AT_ONCE }, async () => {
    for (let body = bodies.pop(); body; body = bodies.pop()) {
      await post(server, "/v1/tenants/paced/messages", body);
    }
  });
  await Promise.all(workers);
}

async function measure() {
  const data = mkdtempSync(join(tmpdir(), "edge-outbox-bench-"));
  await new Promise<void>((listening) => receiver.listen(0, "127.0.0.1", listening));
  const { port: receiverPort } = receiver.address() as AddressInfo;
  const server = await startDevServer({ port: await findFreePort(), data, vars: {} });
  try {
    await post(server, "/v1/tenants", { id: "paced" });
    for (const rate of RATES) {
      const url = `http://127.0.0.1:${receiverPort}/${rate}`;
      const endpoint = { channel: "webhook", url, eventTypes: [`rate.${rate}`], rateLimit: rate };
      await post(server, "/v1/tenants/paced/endpoints", endpoint);
    }
    console.log("committing the backlogs …");
    await commitBacklogs(server);
    await pause(SETTLING_MS);
    const startedAt = performance.now();
    for (let left = MEASURED_MS; left > 0; left -= 20_000) {
      console.log(`${left / 1000} seconds to go …`);
      await pause(Math.min(left, 20_000));
    }
    report(startedAt, performance.now());
  } finally {
    await server.stop();
    receiver.closeAllConnections();
    receiver.close();
    rmSync(data, { recursive: true, force: true });
  }
}

function report(startedAt: number, endedAt: number) {
  console.log(`
${describeMachine()}
Arrivals in each minute that begins at any quarter of a second of ${MEASURED_MS / 1000} seconds, under a backlog,
from ${SETTLING_MS / 1000} seconds after the last commit.

rate limit   a minute allows   fewest     most   off by at most`);
  for (const rate of RATES) {
    const times = arrivals.get(`/${rate}`) ?? [];
    const counts: number[] = [];
    for (let from = startedAt; from + MINUTE_MS <= endedAt; from += 250) {
      counts.push(times.filter((at) => at >= from && at < from + MINUTE_MS).length);
    }
    const [fewest, most] = [Math.min(...counts), Math.max(...counts)];
    const off = Math.max(rate * 60 - fewest, most - rate * 60) / (rate * 60);
    const cells = [
      `${rate} a second`.padEnd(13),
      String(rate * 60).padStart(13),
      String(fewest).padStart(12),
    ];
    console.log([...cells, String(most).padStart(9), `${(off * 100).toFixed(1)} %`.padStart(13)].join(""));
  }
}

await measure();
