import { setTimeout as pause } from "node:timers/promises";
import { quantile } from "../measure.ts";
import { now } from "./clock.ts";
import { atMost, besideBar, inTurn, median, tableOf, withSpread } from "./figures.ts";
import { type Message, messagesOf } from "./load.ts";
import { eventTypeOf } from "./outbox.ts";
import { postJson } from "./post-json.ts";
import type { Scale } from "./scale.ts";
import type { Stage } from "./stage.ts";

const TENANT = "latency";

interface Way {
  name: string;
  post: (payload: Message["payload"]) => Promise<string>;
  p50: number[];
  p99: number[];
}

/** Compares the time from a request to its delivery with the same hops without a database. */
export async function measureLatency(stage: Stage, { repetitions, latency }: Scale): Promise<string> {
  const { outbox, receiver } = stage;
  await outbox.call("/v1/tenants", { id: TENANT });
  await outbox.createEndpoint(TENANT, receiver.url, 0);
  console.log("latency: warming up …");
  for (const way of makeWays(stage)) await timesOf(stage, way, { rate: 50, messages: 100 });
  const rows: string[][] = [];
  for (const rate of latency.rates) {
    const ways = makeWays(stage);
    for (let repetition = 1; repetition <= repetitions; repetition++) {
      console.log(`latency at ${rate} a second: repetition ${repetition} of ${repetitions} …`);
      for (const way of inTurn(ways, repetition)) {
        const times = await timesOf(stage, way, { rate, messages: rate * latency.seconds });
        way.p50.push(quantile(times, 0.5));
        way.p99.push(quantile(times, 0.99));
      }
    }
    rows.push(...rowsOf(rate, ways));
  }
  const head = ["a second", "contender", "p50 ms", "p99 ms", "p50, of the floor", "p99, of the floor"];
  return `## Latency

From the request that commits a message to its arrival at the receiver, ${latency.seconds} seconds at each rate. The floor is a Worker, a Durable Object, a queue
and a fetch, without a database: it answers its request at once, and sets no alarm.

${tableOf(head, rows)}`;
}

function makeWays({ outbox, bare, receiver }: Stage): Way[] {
  const eventType = eventTypeOf("/0");
  const floor = `${bare.url}/pass?to=${encodeURIComponent(`${receiver.url}/0`)}`;
  return [
    { name: "floor", post: (payload) => postJson(floor, JSON.stringify(payload)), p50: [], p99: [] },
    {
      name: "edge-outbox",
      post: (payload) => outbox.call(`/v1/tenants/${TENANT}/messages`, { eventType, payload }),
      p50: [],
      p99: [],
    },
  ];
}

/** Sends at a steady rate, whether or not earlier requests have been answered. */
async function timesOf(stage: Stage, way: Way, { rate, messages }: { rate: number; messages: number }) {
  const run = stage.nextRun();
  const load = { messages, keys: 0, endpoints: 1, answerMs: 0 };
  const reported = stage.receiver.expect({ run, messages, answerMs: 0 });
  const startedAt = now();
  const sentAt: number[] = [];
  const sending: Promise<string>[] = [];
  for (const { payload } of messagesOf(load, run)) {
    await pause(Math.max(0, startedAt + (payload.n * 1000) / rate - now()));
    sentAt.push(now());
    sending.push(way.post(payload));
  }
  await Promise.all(sending);
  const { at, missing } = await reported;
  if (missing > 0) throw new Error(`${way.name}: ${missing} of ${messages} messages did not arrive`);
  return sentAt.map((sent, n) => (at[n] ?? Number.NaN) - sent);
}

function rowsOf(rate: number, ways: readonly Way[]): string[][] {
  const [floor, outbox] = ways as [Way, Way];
  const p50 = median(outbox.p50) / median(floor.p50);
  const p99 = median(outbox.p99) / median(floor.p99);
  const cells = ({ name, p50, p99 }: Way) => [String(rate), name, withSpread(p50, 1), withSpread(p99, 1)];
  return [
    [...cells(floor), "1", "1"],
    [...cells(outbox), besideBar(p50, atMost(1.5, p50)), besideBar(p99, atMost(3, p99))],
  ];
}
