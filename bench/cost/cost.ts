/**
 * `npm run bench -- cost`: dollars for a million messages, each to one endpoint that answers 200, from operations that are counted
 * while the real Worker, relay, consumer and cron carry messages from the commit to the purge on the local emulator. Counts are
 * those of Cloudflare, times are not: CPU and the time of relays are estimates, stated in `bill.ts`; prices stand in `prices.ts`.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type DevServer,
  findFreePort,
  OPERATOR_TOKEN,
  startDevServer,
  waitUntil,
} from "../../test/support/programs/dev-server.ts";
import { post } from "../measure.ts";
import { order } from "../storage/payloads.ts";
import { billOf, billOfCron, type Counted } from "./bill.ts";
import { print } from "./print.ts";
import type { Standing } from "./tally.ts";

/** A short lease, as relays look once more when it ends, and the bench waits for that. Each line of the log, to count it. */
const VARS = { LEASE_SECONDS: "30", WEBHOOK_TIMEOUT_SECONDS: "5", LOG_LEVEL: "debug" };
const PAYLOAD_BYTES = 1024;
const ALONE = 20;
const BURSTS = 10;
const PER_BURST = 100;
const STREAM = 2_000;
const PRODUCERS = 16;

const receiver = createServer((request, response) => {
  request.resume();
  request.on("end", () => response.end("ok"));
});

async function standing(server: DevServer): Promise<Standing> {
  const headers = { authorization: `Bearer ${OPERATOR_TOKEN}` };
  return (await (await fetch(`${server.url}/standing`, { headers })).json()) as Standing;
}

async function createTenant(server: DevServer, id: string): Promise<string> {
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
  await post(server, "/v1/tenants", { id });
  await post(server, `/v1/tenants/${id}/endpoints`, { channel: "webhook", url });
  // Isolate and relay know the tenant from here on.
  await commit(server, id, 1);
  return id;
}

let made = 0;
async function commit(server: DevServer, tenant: string, count: number): Promise<void> {
  const message = () => ({ eventType: "order.placed", payload: order(++made, PAYLOAD_BYTES) });
  if (count === 1) await post(server, `/v1/tenants/${tenant}/messages`, message());
  else
    await post(server, `/v1/tenants/${tenant}/messages/batch`, {
      messages: Array.from({ length: count }, message),
    });
}

async function untilSettled(server: DevServer): Promise<void> {
  await waitUntil("all to be settled", async () => (await standing(server)).unsettled === 0);
}

/** Counts what comes of some commits, until no relay has an alarm ahead. */
async function count(server: DevServer, messages: number, act: () => Promise<void>): Promise<Part> {
  await untilSettled(server);
  await post(server, "/begin", {});
  const before = await standing(server);
  await act();
  await untilSettled(server);
  await waitUntil("all relays to be at rest", async () => (await standing(server)).alarmsAhead === 0);
  const tally = await standing(server);
  return { tally, messages, bytes: (tally.bytes - before.bytes) / messages };
}

type Part = Omit<Counted, "purge">;

/** Commits of tenants that do nothing else, one after another. */
async function countApart(
  server: DevServer,
  name: string,
  tenants: number,
  perCommit: number,
): Promise<Part> {
  const ids: string[] = [];
  for (let n = 0; n < tenants; n++) ids.push(await createTenant(server, `${name}-${n}`));
  return count(server, tenants * perCommit, async () => {
    for (const id of ids) {
      await commit(server, id, perCommit);
      await untilSettled(server);
    }
  });
}

/** Single commits of one tenant, as many at once as there are producers. */
async function countStream(server: DevServer): Promise<Part> {
  const tenant = await createTenant(server, "stream");
  let left = STREAM;
  const produce = async () => {
    while (left-- > 0) await commit(server, tenant, 1);
  };
  return count(server, STREAM, async () => {
    await Promise.all(Array.from({ length: PRODUCERS }, produce));
  });
}

/** Runs of the cron: with everything to purge, and with nothing to do. */
async function countPurge(server: DevServer) {
  const run = async (): Promise<Standing> => {
    await post(server, "/begin", {});
    await post(server, "/cron", {});
    return standing(server);
  };
  const before = await standing(server);
  await post(server, "/age", {});
  const full = await run();
  const idle = await run();
  const purged = before.messages - idle.messages;
  const { rowsRead, rowsWritten } = full.rows.cron;
  const of = (all: number, without: number) => (all - without) / purged;
  const purge = {
    rowsRead: of(rowsRead, idle.rows.cron.rowsRead),
    rowsWritten: of(rowsWritten, idle.rows.cron.rowsWritten),
  };
  return { purge, idle };
}

async function measure() {
  await new Promise<void>((listening) => receiver.listen(0, "127.0.0.1", listening));
  const data = mkdtempSync(join(tmpdir(), "edge-outbox-bench-"));
  const entry = "bench/cost/worker.ts";
  const server = await startDevServer({ port: await findFreePort(), data, vars: VARS, entry });
  try {
    console.log(`${STREAM} messages by ${PRODUCERS} producers …`);
    const stream = await countStream(server);
    const { purge, idle } = await countPurge(server);
    console.log(`${ALONE} messages, each alone …`);
    const alone = await countApart(server, "alone", ALONE, 1);
    console.log(`${BURSTS} commits of ${PER_BURST} messages …`);
    const bursts = await countApart(server, "burst", BURSTS, PER_BURST);
    // Few messages fill no page of the database: all take what a message of many does.
    const bill = (part: Part) => billOf({ ...part, purge, bytes: stream.bytes });
    print(
      { "one at a time": bill(alone), "100 in a commit": bill(bursts), "a stream": bill(stream) },
      billOfCron(idle),
    );
  } finally {
    await server.stop();
    receiver.closeAllConnections();
    receiver.close();
    rmSync(data, { recursive: true, force: true });
  }
}

await measure();
