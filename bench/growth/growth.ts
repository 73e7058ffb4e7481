/**
 * `npm run bench -- growth`: rows and time of each operation, for databases of a thousand to a million settled messages, of one to
 * 10,000 tenants, and with a backlog of 100,000. Rows are the same on any machine. Times are of this one, on the local emulator,
 * inside the Worker: from the call of a room until it is through. `--quick`: up to 100,000 messages.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { argv } from "node:process";
import { type DevServer, findFreePort, startDevServer } from "../../test/support/programs/dev-server.ts";
import { describeMachine, post, quantile } from "../measure.ts";
import { type Cost, OPERATIONS, type Operation, type Shape } from "./shape.ts";

const QUICK = argv.includes("--quick");
/** Messages of a tenant whose keys all go on, and of one with a dead letter that blocks its key. */
const UNBLOCKED = 10;
const BLOCKED = 20;
const MANY_TENANTS: Shape[] = [
  { name: "10,000 tenants", settled: 1_000, others: { tenants: 9_999, each: UNBLOCKED } },
  { name: "10,000 with a blocked key", settled: 1_000, others: { tenants: 9_999, each: BLOCKED } },
];
const SHAPES: Shape[] = [
  { name: "1 thousand", settled: 1_000 },
  { name: "100 thousand", settled: 100_000 },
  ...(QUICK ? [] : [{ name: "1 million", settled: 1_000_000 }]),
  { name: "100 tenants", settled: 1_000, others: { tenants: 99, each: UNBLOCKED } },
  ...(QUICK ? [] : MANY_TENANTS),
  { name: "backlog 100,000", settled: 1_000, backlog: 100_000 },
];
const WARM_UP = 2;
const SAMPLES = QUICK ? 7 : 11;
/** Bounds of growth: rows may differ by a few that lie at an edge, times by the noise of a machine. */
const MOST_ROWS = 1.05;
const MOST_TIME = 1.3;

interface Place {
  shape: Shape;
  data: string;
  server: DevServer;
  /** Costs of each operation, one for each turn. */
  samples: Record<Operation, Cost[]>;
}

async function startPlace(shape: Shape): Promise<Place> {
  const data = mkdtempSync(join(tmpdir(), "edge-outbox-bench-"));
  const entry = "bench/growth/worker.ts";
  const server = await startDevServer({ port: await findFreePort(), data, vars: {}, entry });
  const samples = Object.fromEntries(OPERATIONS.map((operation) => [operation, [] as Cost[]]));
  return { shape, data, server, samples: samples as Place["samples"] };
}

async function measure() {
  const places: Place[] = [];
  try {
    for (const shape of SHAPES) {
      console.log(`filling ${shape.name} …`);
      const place = await startPlace(shape);
      places.push(place);
      await post(place.server, "/fill", shape);
    }
    for (let turn = 0; turn < WARM_UP + SAMPLES; turn++) await takeTurn(places, turn);
    report(places);
  } finally {
    for (const { server, data } of places) {
      await server.stop();
      rmSync(data, { recursive: true, force: true });
    }
  }
}

/** Measures each operation at each size. Each turn begins with another size, as the first of a round finds the machine otherwise. */
async function takeTurn(places: readonly Place[], turn: number) {
  const first = turn % places.length;
  const inTurn = [...places.slice(first), ...places.slice(0, first)];
  for (const [number, operation] of OPERATIONS.entries()) {
    for (const { server, shape, samples } of inTurn) {
      const cost = (await post(server, `/measure/${number}/${turn}`, shape)) as unknown as Cost;
      if (turn >= WARM_UP) samples[operation].push(cost);
    }
  }
}

/** Median cost, and how many times as long as another place took in the same turns. */
function medianOf({ samples }: Place, base: Place, operation: Operation) {
  const costs = samples[operation];
  const median = (values: readonly number[]) => quantile(values, 0.5);
  return {
    rowsRead: median(costs.map(({ rowsRead }) => rowsRead)),
    rowsWritten: median(costs.map(({ rowsWritten }) => rowsWritten)),
    ms: median(costs.map(({ ms }) => ms)),
    ratio: median(costs.map(({ ms }, turn) => ms / (base.samples[operation][turn]?.ms ?? Number.NaN))),
  };
}

function report(places: readonly Place[]) {
  const [smallest] = places;
  if (!smallest) return;
  console.log(`\n${describeMachine()}`);
  console.log(
    `Medians of ${SAMPLES} samples, the sizes by turns; times as long as for ${smallest.shape.name}.\n`,
  );
  const broken = OPERATIONS.flatMap((operation) => {
    printRow(operation, "rows read", "rows written", "ms", "times as long");
    const base = medianOf(smallest, smallest, operation);
    return places.flatMap((place) => {
      const cost = medianOf(place, smallest, operation);
      const { rowsRead, rowsWritten, ms, ratio } = cost;
      printRow(`  ${place.shape.name}`, whole(rowsRead), whole(rowsWritten), ms.toFixed(2), ratio.toFixed(2));
      const misses = missesOf(cost, base);
      return misses.length > 0 ? [`${operation}, ${place.shape.name}: ${misses.join(", ")}`] : [];
    });
  });
  const bar = `rows at most ${MOST_ROWS} times, time at most ${MOST_TIME} times that of ${smallest.shape.name}`;
  console.log(`\nThe bar, ${bar}, ${broken.length === 0 ? "holds for all." : "holds for all but:"}`);
  for (const line of broken) console.log(`  ${line}`);
}

type Median = ReturnType<typeof medianOf>;

function missesOf({ rowsRead, rowsWritten, ratio }: Median, base: Median): string[] {
  const holds = {
    "rows read": rowsRead <= base.rowsRead * MOST_ROWS,
    "rows written": rowsWritten <= base.rowsWritten * MOST_ROWS,
    time: ratio <= MOST_TIME,
  };
  return Object.entries(holds).flatMap(([name, isHeld]) => (isHeld ? [] : [name]));
}

const whole = (count: number) => Math.round(count).toLocaleString("en");

function printRow(name: string, ...cells: string[]) {
  console.log(name.padEnd(30) + cells.map((cell) => cell.padStart(15)).join(""));
}

await measure();
