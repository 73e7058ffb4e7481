/**
 * `npm run chaos -- --kills 50`: wrangler dev under load, and again and again the whole process group is killed
 * at a random moment and started anew. An endpoint outside counts what arrives. At the end the database is judged by the
 * invariants, and its sums are compared with a recount. Ends with a table; lost, phantom, inverted and broken must be 0, or
 * the exit code is 1.
 */
import { globSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { SeededRandom } from "../sim/random.ts";
import { VIOLATIONS } from "../support/database/violations.ts";
import {
  type DevServer,
  findFreePort,
  OPERATOR_TOKEN,
  startDevServer,
  waitUntil,
} from "../support/programs/dev-server.ts";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "10" },
    seed: { type: "string", default: String(Date.now() % 1e6) },
  },
});
const kills = Number(values.kills);
const random = new SeededRandom(Number(values.seed));
const PRODUCERS = 6;
const PAUSE_MS = 100;
const LEASE_SECONDS = 8;

/** What an endpoint was sent, by the name that its payload has. */
const arrivals: string[] = [];
/** Some of it is answered with a failure, so that there are retries to interrupt. */
const receiver = createServer((request, response) => {
  let body = "";
  request.on("data", (chunk) => {
    body += chunk;
  });
  request.on("end", () => {
    const fails = random.chance(0.1);
    if (!fails) arrivals.push(JSON.parse(body).data.name);
    response.writeHead(fails ? 500 : 200).end();
  });
});

const attempted = new Set<string>();
const accepted = new Set<string>();
let server: DevServer | undefined;
let producing = true;

/** Even numbers of a producer share an ordering key; the next is sent when the one before it was answered, or failed. */
async function produce(producer: number) {
  for (let n = 0; producing; n++) {
    const name = `${producer}/${n}`;
    const key = n % 2 === 0 ? { orderingKey: `key-${producer}` } : {};
    attempted.add(name);
    if (await post("/v1/tenants/acme/messages", { eventType: "a", payload: { name }, ...key }))
      accepted.add(name);
    await pause(PAUSE_MS);
  }
}

async function post(path: string, body: unknown): Promise<boolean> {
  if (!server) return false;
  const headers = { authorization: `Bearer ${OPERATOR_TOKEN}`, "content-type": "application/json" };
  const signal = AbortSignal.timeout(5_000);
  const request = fetch(server.url + path, { method: "POST", headers, body: JSON.stringify(body), signal });
  return request.then(
    (response) => response.ok,
    () => false,
  );
}

function missing(): string[] {
  const arrived = new Set(arrivals);
  return [...accepted].filter((name) => !arrived.has(name));
}

/** Of each producer's even numbers, in the order of their first arrival: how many came before a smaller one. */
function countInversions(): number {
  const last = new Map<string, number>();
  let inversions = 0;
  for (const name of new Set(arrivals)) {
    const [producer = "", n = ""] = name.split("/");
    if (Number(n) % 2 === 1) continue;
    if (Number(n) < (last.get(producer) ?? -1)) inversions++;
    last.set(producer, Math.max(Number(n), last.get(producer) ?? -1));
  }
  return inversions;
}

/** Findings in the database of a server that does not run. */
interface Found {
  /** Rows that break an invariant, in words. */
  broken: string[];
  /** Outcomes on record, and of those the ones that were in the sums when the server ended. */
  onRecord: number;
  summed: number;
}

/** That the sums are the outcomes on record is one of the invariants: 18 and 19. */
function judgeDatabase(data: string): Found {
  for (const file of globSync(join(data, "**/*.sqlite"))) {
    const db = new DatabaseSync(file);
    const isOurs = db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'outbox_tenants'").all().length > 0;
    if (!isOurs) continue;
    const broken = Object.entries(VIOLATIONS).flatMap(([name, query]) =>
      db
        .prepare(query)
        .all("acme")
        .map((row) => `${name}: ${JSON.stringify(row)}`),
    );
    const count = (query: string) => Number(db.prepare(query).get()?.["count"] ?? 0);
    const onRecord = count("SELECT sum(attempts) AS count FROM outbox_deliveries");
    const summed = count(
      "SELECT sum(delivered + retried + dead) AS count FROM outbox_sums WHERE tenant_id = 'acme' AND step IN (0, 300000)",
    );
    db.close();
    return { broken, onRecord, summed };
  }
  throw new Error(`There is no database of the outbox in ${data}`);
}

async function torment() {
  const data = mkdtempSync(join(tmpdir(), "edge-outbox-chaos-"));
  await new Promise<void>((listening) => receiver.listen(0, "127.0.0.1", listening));
  const port = await findFreePort();
  const vars = {
    LEASE_SECONDS: String(LEASE_SECONDS),
    WEBHOOK_TIMEOUT_SECONDS: "1",
    RETRY_SCHEDULE: "1,1,1,2,2,5,5,10",
  };
  const start = async () => {
    server = await startDevServer({ port, data, vars });
  };
  const recoveries: number[] = [];
  let found: Found;
  try {
    await start();
    await post("/v1/tenants", { id: "acme" });
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
    await post("/v1/tenants/acme/endpoints", { channel: "webhook", url });
    const producers = Promise.all(Array.from({ length: PRODUCERS }, (_, producer) => produce(producer)));
    for (let kill = 1; kill <= kills; kill++) {
      await pause(random.between(300, 3_000));
      await server?.kill();
      server = undefined;
      const inFlight = new Set(missing());
      await start();
      recoveries.push(await timeUntilArrived(inFlight));
      console.log(
        `kill ${kill} of ${kills}: ${inFlight.size} in flight, all there ${recoveries.at(-1)} ms after the restart`,
      );
    }
    producing = false;
    await producers;
    await waitUntil("every accepted message to arrive", async () => missing().length === 0).catch(() => {});
    await server?.kill();
    server = undefined;
    found = judgeDatabase(data);
  } finally {
    await server?.kill();
    receiver.closeAllConnections();
    receiver.close();
    rmSync(data, { recursive: true, force: true });
  }
  return { recoveries, found };
}

async function timeUntilArrived(names: ReadonlySet<string>): Promise<number> {
  const startedAt = performance.now();
  await waitUntil("what was in flight to arrive", async () => {
    const arrived = new Set(arrivals);
    return [...names].every((name) => arrived.has(name));
  }).catch(() => {});
  return Math.round(performance.now() - startedAt);
}

function report({ recoveries, found }: Awaited<ReturnType<typeof torment>>): boolean {
  const distinct = new Set(arrivals);
  const sorted = recoveries.toSorted((a, b) => a - b);
  const table = {
    kills,
    accepted: accepted.size,
    delivered: distinct.size,
    "delivered, though the answer to its commit was lost": [...distinct].filter((name) => !accepted.has(name))
      .length,
    lost: missing().length,
    phantom: [...distinct].filter((name) => !attempted.has(name)).length,
    inverted: countInversions(),
    "invariants broken": found.broken.length,
    "outcomes on record": found.onRecord,
    "outcomes in the sums": found.summed,
    duplicates: arrivals.length - distinct.size,
    "recovery ms, median": sorted[Math.floor(sorted.length / 2)] ?? 0,
    "recovery ms, longest": sorted.at(-1) ?? 0,
  };
  console.log(
    `\nseed ${values.seed}, lease ${LEASE_SECONDS} s, ${PRODUCERS} producers, about 60 commits a second, one in ten sends answered with 500`,
  );
  for (const [name, value] of Object.entries(table))
    console.log(`  ${name.padEnd(54)}${String(value).padStart(8)}`);
  for (const one of found.broken.slice(0, 10)) console.log(`  ${one}`);
  return table.lost + table.phantom + table.inverted + found.broken.length === 0;
}

process.exitCode = report(await torment()) ? 0 : 1;
