/**
 * `npm run bench -- pages`: how long a page of each list takes, of tenants with 1,000 to 1,000,000 messages, over HTTP. On this
 * machine, on the local emulator; so the figures compare sizes and versions, and say nothing of Cloudflare.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runWrangler } from "../src/cli/wrangler.ts";
import { FROM, insertMany } from "../test/support/database/many.ts";
import {
  type DevServer,
  findFreePort,
  OPERATOR_TOKEN,
  startDevServer,
} from "../test/support/programs/dev-server.ts";
import { describeMachine, post, quantile } from "./measure.ts";

const SIZES = [1_000, 10_000, 100_000, 1_000_000];
const UNSETTLED = 500;
const SAMPLES = 250;
const WARM_UP = 20;
/** What is old stays, and what is paused is not sent: nothing but the requests is at work. */
const VARS = { RETENTION_DAYS: "3650", DEAD_RETENTION_DAYS: "3650" };

const nameOf = (size: number) => `of-${size}`;
const instant = (seconds: number) => new Date(FROM + seconds * 1000).toISOString();
const half = (size: number) => `until=${instant(size / 2)}`;
const minute = (size: number) => `since=${instant(size / 2)}&until=${instant(size / 2 + 60)}`;

interface Target {
  name: string;
  path: (size: number) => string;
  /** The page after the first: its cursor is asked for beforehand. */
  second?: boolean;
}

const list = (
  name: string,
  path: string,
  filter: (size: number) => string = () => "",
  second = false,
): Target => ({
  name,
  path: (size) => `${path}?limit=50&${filter(size)}`,
  second,
});

const TARGETS: Target[] = [
  list("messages", "messages"),
  list("messages, halfway down", "messages", half, true),
  list("messages of a minute", "messages", minute),
  list("messages of a dense type", "messages", () => "eventType=common"),
  list("messages of a rare type", "messages", () => "eventType=rare"),
  list("deliveries", "deliveries"),
  list("deliveries, halfway down", "deliveries", half, true),
  list("deliveries of a minute", "deliveries", minute),
  list("deliveries, delivered", "deliveries", () => "state=delivered"),
  list("deliveries, pending", "deliveries", () => "state=pending"),
  list("deliveries, dead", "deliveries", () => "state=dead"),
  list("deliveries, cancelled", "deliveries", () => "state=cancelled"),
  list("deliveries to a busy endpoint", "deliveries", () => "endpointId=ep_a&channel=webhook"),
  list("deliveries to an idle endpoint", "deliveries", () => "endpointId=ep_rare"),
  list("deliveries of a rare type", "deliveries", () => "eventType=rare"),
  list("dead letters", "dead-letters"),
  list("dead letters, halfway down", "dead-letters", half, true),
  list("dead letters of a rare type", "dead-letters", () => "eventType=rare"),
  list("e-mails", "emails"),
  list("blocked keys", "blocked-keys"),
  { name: "statistics", path: () => "stats" },
  { name: "statistics of all time", path: (size) => `stats?since=${instant(0)}&until=${instant(size)}` },
];

async function fillDatabase(data: string) {
  const file = join(data, "many.sql");
  for (const size of SIZES) {
    console.log(`writing ${size} messages …`);
    writeFileSync(file, insertMany(nameOf(size), size, UNSETTLED).join(";\n"));
    const args = ["d1", "execute", "DB", "--local", `--persist-to=${data}`, `--file=${file}`, "--yes"];
    const { exitCode, output } = await runWrangler(args, new AbortController().signal);
    if (exitCode !== 0) throw new Error(output);
  }
}

interface Answer {
  status: number;
  ms: number;
  nextCursor?: string | null;
}

async function ask(server: DevServer, size: number, path: string): Promise<Answer> {
  const startedAt = performance.now();
  const response = await fetch(`${server.url}/v1/tenants/${nameOf(size)}/${path}`, {
    headers: { authorization: `Bearer ${OPERATOR_TOKEN}` },
  });
  const body = await response.text();
  const ms = performance.now() - startedAt;
  if (!response.ok) return { status: response.status, ms };
  return { status: response.status, ms, nextCursor: JSON.parse(body).nextCursor };
}

/** What to ask each tenant for; nothing when there is no such route. */
async function prepare(
  server: DevServer,
  { name, path, second }: Target,
): Promise<Map<number, string> | undefined> {
  const paths = new Map<number, string>();
  for (const size of SIZES) {
    const first = await ask(server, size, path(size));
    if (first.status === 404) {
      console.log(`${name}: no such route`);
      return undefined;
    }
    if (first.status !== 200) throw new Error(`${path(size)} answered ${first.status}`);
    const cursor = second && first.nextCursor ? `&cursor=${first.nextCursor}` : "";
    paths.set(size, path(size) + cursor);
  }
  return paths;
}

/** The tenants take turns, so that whatever else the machine does falls on all of them. */
async function sample(server: DevServer, paths: ReadonlyMap<number, string>): Promise<Map<number, number[]>> {
  const times = new Map<number, number[]>(SIZES.map((size) => [size, []]));
  for (let n = 0; n < WARM_UP + SAMPLES; n++) {
    for (const [size, path] of paths) {
      const { status, ms } = await ask(server, size, path);
      if (status !== 200) throw new Error(`${path} answered ${status}`);
      if (n >= WARM_UP) times.get(size)?.push(ms);
    }
  }
  return times;
}

async function measure() {
  const data = mkdtempSync(join(tmpdir(), "edge-outbox-bench-"));
  const port = await findFreePort();
  let server = await startDevServer({ port, data, vars: VARS });
  try {
    for (const size of SIZES) await post(server, "/v1/tenants", { id: nameOf(size) });
    await server.stop();
    await fillDatabase(data);
    server = await startDevServer({ port, data, vars: VARS });
    const results: [name: string, times: Map<number, number[]>][] = [];
    for (const target of TARGETS) {
      const paths = await prepare(server, target);
      if (!paths) continue;
      console.log(`${target.name} …`);
      results.push([target.name, await sample(server, paths)]);
    }
    report(results);
  } finally {
    await server.stop();
    rmSync(data, { recursive: true, force: true });
  }
}

function report(results: readonly [name: string, times: Map<number, number[]>][]) {
  console.log(`
${describeMachine()}
Pages of 50, ${SAMPLES} of each, one after another, the sizes by turns. Of the messages one in 1,000 is dead, one in 50,000 of the rare
type and to the idle endpoint, and the newest ${UNSETTLED} are unsettled.
`);
  for (const [title, q] of [
    ["median", 0.5],
    ["p99", 0.99],
  ] as const) {
    printRow(`${title}, ms`, ...SIZES.map((size) => size.toLocaleString("en")), "times as long");
    // Of one list two samples are beyond its p99: of all together there are enough.
    const together = new Map(
      SIZES.map((size) => [size, results.flatMap(([, times]) => times.get(size) ?? [])]),
    );
    for (const [name, times] of [...results, ["all together", together] as const]) {
      const values = SIZES.map((size) => quantile(times.get(size) ?? [], q));
      const ratio = (values.at(-1) ?? Number.NaN) / (values[0] ?? Number.NaN);
      printRow(name, ...[...values, ratio].map((value) => value.toFixed(1)));
    }
    console.log();
  }
}

function printRow(name: string, ...cells: string[]) {
  console.log(name.padEnd(32) + cells.map((cell) => cell.padStart(15)).join(""));
}

await measure();
