/**
 * `npm run bench -- handlers`: how many handlers a second this machine runs, without effects and with: what exactly-once
 * costs beside at-least-once. On the local emulator: `wrangler dev` has the machine to itself, as the handlers call nobody.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type DevServer,
  findFreePort,
  startDevServer,
  waitUntil,
} from "../../test/support/programs/dev-server.ts";
import { describeMachine, quantile } from "../measure.ts";

const RUNS = 3;
const WORK = 2_000;
const HANDLERS = ["nothing", "statement", "statementAndEvent"];

async function call(server: DevServer, method: string, path: string): Promise<Record<string, number>> {
  const response = await fetch(server.url + path, { method });
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as Record<string, number>;
}

/** Work a second, from the first commit until the last is settled. */
async function play(server: DevServer, tenant: string, handler: string, from: number): Promise<number> {
  const startedAt = performance.now();
  for (let n = 0; n < WORK; n += 100) await call(server, "POST", `/${tenant}/${handler}/${from + n}`);
  await waitUntil("all work to be done", async () => (await call(server, "GET", `/${tenant}`))["left"] === 0);
  return (WORK / (performance.now() - startedAt)) * 1000;
}

async function measure() {
  const data = mkdtempSync(join(tmpdir(), "edge-outbox-bench-"));
  const server = await startDevServer({
    port: await findFreePort(),
    data,
    vars: {},
    entry: "bench/handlers/worker.ts",
  });
  try {
    await call(server, "POST", "/setup");
    const rates = new Map<string, number[]>(HANDLERS.map((handler) => [handler, []]));
    let from = 0;
    for (let run = 0; run <= RUNS; run++) {
      console.log(run === 0 ? "warming up …" : `run ${run} of ${RUNS} …`);
      for (const handler of HANDLERS) {
        const rate = await play(server, `${handler.toLowerCase()}-${run}`, handler, from);
        if (run > 0) rates.get(handler)?.push(rate);
        from += WORK;
      }
    }
    const { effects, times } = await call(server, "GET", "/none");
    console.log(`\n${describeMachine()}`);
    console.log(`${WORK} pieces of work in commits of 100; medians of ${RUNS} runs:\n`);
    const base = quantile(rates.get("nothing") ?? [], 0.5);
    for (const [handler, all] of rates) {
      const rate = quantile(all, 0.5);
      console.log(
        `  ${handler.padEnd(20)}${rate.toFixed(0).padStart(6)} a second  ${(base / rate).toFixed(2)} times as long`,
      );
    }
    console.log(`\n${effects} effects, each of them ${times === 1 ? "once" : `up to ${times} times`}`);
    if (times !== 1 || effects !== (RUNS + 1) * 2 * WORK)
      throw new Error("An effect is missing, or happened twice");
  } finally {
    await server.stop();
    rmSync(data, { recursive: true, force: true });
  }
}

await measure();
