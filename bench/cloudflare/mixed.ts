/**
 * `npm run bench -- mixed`: how long messages of a hundred tenants take while one more tenant has slow endpoints with a backlog.
 * Once with as many consumers as the network has, and once with a single one, as the emulator of `wrangler dev` has. Takes the flags of
 * `npm run bench -- cloudflare`, `--endpoints` for one number of slow endpoints, and `--seconds` for the time of a measurement.
 */
import { argv } from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import type { DeliveryTask } from "../../src/relay/delivery-task.ts";
import { percent, tableOf } from "../beside/figures.ts";
import { describeMachine, quantile } from "../measure.ts";
import { type Cloud, type Figures, onCloud } from "./cloud.ts";
import { describeParameters, MOST_CONSUMERS, readParameters } from "./parameters.ts";
import { Receivers, WAYS, type Way } from "./receivers.ts";

const TENANTS = 100;
const PER_SECOND = 10;
/** Backlog of the slow endpoints together, and of each at least: more than they are sent in a measurement. */
const BACKLOG = { together: 3_000, each: 100 };
const DELIVERIES_A_COMMIT = 4_800;
const MESSAGES_A_COMMIT = 100;
const BAR = { times: 2, ms: 5_000 };

interface Measured extends Figures {
  p50: number;
  p99: number;
}

interface Sent {
  id: string;
  at: number;
}

const parameters = readParameters(argv.slice(2));
/** Time after the last message that is left to it. */
const PATIENCE_MS = Math.min(parameters.seconds, 10) * 1_000;
const receivers = new Receivers();

async function createTenant({ outbox }: Cloud, id: string, urls: readonly string[]): Promise<void> {
  await outbox.call("/v1/tenants", { id });
  const create = (url: string) =>
    outbox.call(`/v1/tenants/${id}/endpoints`, { channel: "webhook", url, payloadFormat: "raw" });
  await Promise.all(urls.map(create));
}

/** Creates a tenant that is paused, with a backlog for each of its slow endpoints. */
async function createSlow(cloud: Cloud, id: string, endpoints: number): Promise<void> {
  const urls = Array.from({ length: endpoints }, (_, n) => receivers.urlOf(n));
  await createTenant(cloud, id, urls);
  await cloud.outbox.call(`/v1/tenants/${id}/pause`, {});
  const backlog = Math.max(BACKLOG.each, Math.ceil(BACKLOG.together / endpoints));
  const most = Math.min(MESSAGES_A_COMMIT, Math.floor(DELIVERIES_A_COMMIT / endpoints));
  for (let left = backlog; left > 0; left -= most) {
    const messages = Array.from({ length: Math.min(left, most) }, (_, n) => ({ eventType: "a", payload: n }));
    await cloud.outbox.call(`/v1/tenants/${id}/messages/batch`, { messages });
  }
}

/** Commits at a steady pace, a tenant after another, and answers the latencies once all have arrived. */
async function measure(cloud: Cloud): Promise<Measured> {
  await cloud.takeFigures();
  const startedAt = performance.now();
  const sending: Promise<Sent>[] = [];
  for (let n = 0; n < parameters.seconds * PER_SECOND; n++) {
    await pause(Math.max(0, startedAt + (n * 1_000) / PER_SECOND - performance.now()));
    sending.push(commitOne(cloud, n));
  }
  const sent = await Promise.all(sending);
  const figures = await cloud.takeFigures();
  const endsAt = performance.now() + PATIENCE_MS;
  while (performance.now() < endsAt && sent.some(({ id }) => receivers.arrivedAt(id) === undefined))
    await pause(20);
  const latencies = sent.map(({ id, at }) => (receivers.arrivedAt(id) ?? Number.POSITIVE_INFINITY) - at);
  return { ...figures, p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) };
}

async function commitOne({ outbox }: Cloud, n: number): Promise<Sent> {
  const at = performance.now();
  const message = { eventType: "a", payload: n };
  const answer = await outbox.call(`/v1/tenants/good-${n % TENANTS}/messages`, message);
  return { id: (JSON.parse(answer) as { id: string }).id, at };
}

async function measureBeside(cloud: Cloud, id: string, way: Way, endpoints: number): Promise<Measured> {
  await createSlow(cloud, id, endpoints);
  receivers.beSlow(way);
  await cloud.outbox.call(`/v1/tenants/${id}/resume`, {});
  const measured = await measure(cloud);
  await cloud.outbox.call(`/v1/tenants/${id}/pause`, {});
  receivers.beWell();
  cloud.webhooks.drop((task) => (task as DeliveryTask).tenantId === id);
  await cloud.webhooks.rest();
  return measured;
}

async function tableFor(cloud: Cloud, consumers: number): Promise<string> {
  cloud.webhooks.limit(consumers);
  console.log(`at most ${consumers} consumers: without slow endpoints …`);
  const without = await measure(cloud);
  const rows = [rowOf("none", without, without)];
  for (const endpoints of sizes()) {
    for (const way of Object.keys(WAYS) as Way[]) {
      const title = `${endpoints}: ${way}`;
      console.log(`at most ${consumers} consumers: beside ${title} …`);
      const id = `slow-${consumers}-${endpoints}-${Object.keys(WAYS).indexOf(way)}`;
      rows.push(rowOf(title, await measureBeside(cloud, id, way, endpoints), without));
    }
  }
  return `At most ${consumers} consumers at once:\n\n${tableOf(HEAD, rows)}`;
}

function sizes(): number[] {
  if (parameters.endpoints !== undefined) return [parameters.endpoints];
  return parameters.quick ? [10] : [1, 10, 300];
}

const HEAD = [
  "slow endpoints",
  "p50 ms",
  "p99 ms",
  "p99 ×",
  `≤ ${BAR.times} × and ≤ ${BAR.ms / 1_000} s`,
  "most consumers at once",
  "ms a batch",
  "most tasks waiting",
  "D1 busy",
  "workerd busy",
];

function rowOf(title: string, measured: Measured, without: Measured): string[] {
  const { p50, p99, mostConsumers, mostWaiting, batches, batchesMs } = measured;
  const times = p99 / without.p99;
  return [
    title,
    milliseconds(p50),
    milliseconds(p99),
    Number.isFinite(times) ? times.toFixed(1) : "–",
    times <= BAR.times && p99 <= BAR.ms ? "cleared" : "missed",
    ...[mostConsumers, batchesMs / batches, mostWaiting].map((figure) => figure.toFixed(0)),
    ...[measured.sqlMs / measured.ms, measured.workerdBusy].map(percent),
  ];
}

const milliseconds = (ms: number) => (Number.isFinite(ms) ? ms.toFixed(0) : "not arrived");

await receivers.open();
try {
  await onCloud(parameters, async (cloud) => {
    for (let n = 0; n < TENANTS; n++) await createTenant(cloud, `good-${n}`, [receivers.urlOf("good")]);
    const counts = parameters.consumers === undefined ? [MOST_CONSUMERS, 1] : [parameters.consumers];
    const tables: string[] = [];
    for (const consumers of counts) tables.push(await tableFor(cloud, consumers));
    console.log(`\n${describeMachine()}\nEmulated: ${describeParameters(parameters)}.`);
    console.log(
      `${TENANTS} tenants commit ${PER_SECOND} messages a second together, for ${parameters.seconds} s; from the request to the first arrival.\n`,
    );
    console.log(tables.join("\n\n"));
  });
} finally {
  receivers.close();
}
