/**
 * `npm run bench -- neighbour`: what a tenant's costliest requests take of the processor, and how long another
 * tenant's commits take meanwhile. On this machine, on the local emulator: one thread runs the Worker, its Durable Objects
 * and D1 for everybody, where Cloudflare has an isolate, or several, in each location and D1 elsewhere.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { limits } from "../src/platform/limits.ts";
import {
  type DevServer,
  findFreePort,
  OPERATOR_TOKEN,
  startDevServer,
} from "../test/support/programs/dev-server.ts";
import { type Attack, attacksOn, type Request } from "./attacks.ts";
import { describeMachine, post, quantile } from "./measure.ts";
import { cpuMsOf, findWorkerd, residentMibOf } from "./process.ts";

const REQUESTS = 4;
const ROUNDS = 3;
const STRETCH_MS = 3000;
const AT_ONCE = 4;
/** Without the other tenant: a minute or two. Other arguments are parts of the names of those to be measured. */
const CPU_ONLY = process.argv.includes("--cpu");
const SCOPES = ["messages:write", "manage", "read"];

const receiver = createServer((request, response) => {
  request.resume();
  request.on("end", () => setTimeout(() => response.writeHead(500).end(), 50));
});

interface Bench {
  server: DevServer;
  pid: number;
}

interface Row {
  name: string;
  status: number;
  /** Requests that one of them counts as. */
  counts: number;
  cpuMs: number[];
  residentMib: number;
  paced: Compared;
  burst: Compared;
}

interface Compared {
  p50: number;
  p99: number;
}
const NONE: Compared = { p50: Number.NaN, p99: Number.NaN };

class Tenant {
  readonly id: string;
  token = "";
  left: number = limits.apiRequestsPerPeriod;
  readonly #url: string;

  private constructor(server: DevServer, id: string) {
    this.id = id;
    this.#url = server.url;
  }

  static async create(server: DevServer, id: string): Promise<Tenant> {
    const tenant = new Tenant(server, id);
    await post(server, "/v1/tenants", { id });
    await tenant.renew(server);
    return tenant;
  }

  /** Another token: its allowance is its own. */
  async renew(server: DevServer): Promise<void> {
    const issued = await post(server, `/v1/tenants/${this.id}/tokens`, { scopes: SCOPES });
    this.token = (issued as unknown as { token: string }).token;
  }

  async send({ method, path, body }: Request, token = this.token, signal?: AbortSignal): Promise<number> {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const response = await fetch(`${this.#url}/v1/tenants/${this.id}/${path}`, {
      method,
      headers,
      body: body ?? null,
      signal: signal ?? null,
    });
    await response.arrayBuffer();
    const [, left] = /r=(\d+)/.exec(response.headers.get("ratelimit") ?? "") ?? [];
    if (left !== undefined) this.left = Number(left);
    return response.status;
  }

  async prepare(requests: readonly Request[]): Promise<void> {
    for (const request of requests) {
      const status = await this.send(request, OPERATOR_TOKEN);
      if (status > 299) throw new Error(`${request.method} ${request.path} answered ${status}`);
    }
  }
}

const SMALL: Request = { method: "POST", path: "messages", body: '{"eventType":"small","payload":{"n":1}}' };

/** Each of a tenant of its own, as costly requests of one wait for each other: processor time, and what it counts as. */
async function measureRequests({ server, pid }: Bench, attack: Attack, id: string) {
  const cpuMs: number[] = [];
  let status = 0;
  let counts = 0;
  for (let round = 0; round < REQUESTS; round++) {
    const tenant = await Tenant.create(server, `${id}-${round}`);
    await tenant.prepare([...(attack.prepare ?? []), ...(attack.before?.(round) ?? [])]);
    const request = attack.request(round);
    await tenant.send(SMALL);
    const { left } = tenant;
    const before = cpuMsOf(pid);
    status = await tenant.send(request);
    cpuMs.push(cpuMsOf(pid) - before);
    await tenant.send(SMALL);
    counts = left - tenant.left - 1;
  }
  return { status, counts, cpuMs, residentMib: residentMibOf(pid) };
}

/** The victim commits one after another, for a while. Answers how long each took. */
async function commitFor(victim: Tenant, ms: number): Promise<number[]> {
  const latencies: number[] = [];
  for (const endsAt = performance.now() + ms; performance.now() < endsAt; ) {
    const sentAt = performance.now();
    await victim.send(SMALL, OPERATOR_TOKEN);
    latencies.push(performance.now() - sentAt);
    await pause(10);
  }
  return latencies;
}

/** 0: it was not waited for. 429 also where the runtime has closed the connection of a request that was refused before its body was there. */
async function answerOf(tenant: Tenant, request: Request, signal: AbortSignal): Promise<number> {
  try {
    return await tenant.send(request, tenant.token, signal);
  } catch (error) {
    if (signal.aborted) return 0;
    if (error instanceof TypeError && error.cause !== undefined) return 429;
    throw error;
  }
}

/** Sends until it is stopped: `atOnce` at a time, none sooner than `everyMs` after the one before. */
function attackWith(tenant: Tenant, attack: Attack, atOnce: number, everyMs: number) {
  const controller = new AbortController();
  const { signal } = controller;
  let round = REQUESTS;
  let nextAt = performance.now();
  const one = async () => {
    while (!signal.aborted) {
      const wait = nextAt - performance.now();
      nextAt = Math.max(nextAt, performance.now()) + everyMs;
      if (wait > 0) await pause(wait);
      if (!signal.aborted && (await answerOf(tenant, attack.request(round++), signal)) === 429)
        await pause(100);
    }
  };
  const running = Promise.all(Array.from({ length: atOnce }, one));
  return async () => {
    controller.abort();
    await running;
  };
}

/** Alone and beside the attack by turns; of all stretches together. */
async function compare(
  { server }: Bench,
  victim: Tenant,
  tenant: Tenant,
  attack: Attack,
  pace: { atOnce: number; everyMs: number },
): Promise<Compared> {
  const alone: number[] = [];
  const beside: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await tenant.renew(server);
    alone.push(...(await commitFor(victim, STRETCH_MS)));
    const stop = attackWith(tenant, attack, pace.atOnce, pace.everyMs);
    beside.push(...(await commitFor(victim, STRETCH_MS)));
    await stop();
    await pause(300);
  }
  const ratio = (q: number) => quantile(beside, q) / quantile(alone, q);
  return { p50: ratio(0.5), p99: ratio(0.99) };
}

async function measureAttack(bench: Bench, victim: Tenant, attack: Attack, number: number): Promise<Row> {
  const one = await measureRequests(bench, attack, `attacker-${number}`);
  if (CPU_ONLY) return { name: attack.name, ...one, paced: NONE, burst: NONE };
  const tenant = await Tenant.create(bench.server, `attacker-${number}`);
  await tenant.prepare(attack.prepare ?? []);
  const everyMs = one.counts * limits.apiMsPerRequest;
  const paced = await compare(bench, victim, tenant, attack, { atOnce: 1, everyMs });
  const burst = await compare(bench, victim, tenant, attack, { atOnce: AT_ONCE, everyMs: 0 });
  return { name: attack.name, ...one, paced, burst };
}

function printRow(name: string, ...cells: (string | number)[]) {
  console.log(name.padEnd(38) + cells.map((cell) => String(cell).padStart(9)).join(""));
}

function print({ name, status, counts, cpuMs, residentMib, paced, burst }: Row) {
  const figures = [quantile(cpuMs, 0.5), Math.max(...cpuMs), residentMib].map((n) => n.toFixed(0));
  const ratios = [paced.p50, paced.p99, burst.p50, burst.p99].map((n) => n.toFixed(1));
  printRow(name, status, counts, ...figures, ...ratios);
}

async function measure() {
  const data = mkdtempSync(join(tmpdir(), "edge-outbox-bench-"));
  await new Promise<void>((listening) => receiver.listen(0, "127.0.0.1", listening));
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  const port = await findFreePort();
  const server = await startDevServer({ port, data, vars: {} });
  try {
    const victim = await Tenant.create(server, "victim");
    await commitFor(victim, 2000);
    const bench = { server, pid: findWorkerd(data) };
    console.log(`\n${describeMachine()}\n`);
    printRow("", "", "counts", "CPU ms", "", "process", "paced", "", "burst", "");
    printRow("a request", "status", "as", "median", "worst", "MiB", "p50 ×", "p99 ×", "p50 ×", "p99 ×");
    const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
    const isWanted = ({ name }: Attack) => wanted.length === 0 || wanted.some((part) => name.includes(part));
    const attacks = attacksOn(url).filter(isWanted);
    print(await measureAttack(bench, victim, { name: "a small commit", request: () => SMALL }, 0));
    for (const [number, attack] of attacks.entries()) {
      print(await measureAttack(bench, victim, attack, number + 1));
    }
  } finally {
    await server.stop();
    receiver.closeAllConnections();
    receiver.close();
    rmSync(data, { recursive: true, force: true });
  }
}

await measure();
