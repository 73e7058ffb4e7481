/**
 * `npm run bench -- cloudflare`: how fast the backlog of one endpoint drains where consumers run side by side, and D1, relays and
 * queues are at a distance. The queue is the bench's own broker. Flags: `--consumers`, `--queue-ms`, `--d1-ms`, `--relay-ms`,
 * `--receiver-ms`, and `--quick` for a single run of fewer messages.
 */
import { argv } from "node:process";
import { inTurn, median, percent, tableOf, withSpread } from "../beside/figures.ts";
import type { Load } from "../beside/load.ts";
import { type Receiver, startReceiver } from "../beside/receiver.ts";
import { describeMachine } from "../measure.ts";
import { type Cloud, type Figures, onCloud } from "./cloud.ts";
import { describeParameters, readParameters } from "./parameters.ts";

const RUNS = 3;
/** Messages of a run, by the time until the receiver answers: enough for the windows to open. */
const MESSAGES: Readonly<Record<number, number>> = { 20: 4_000, 100: 3_000, 1000: 1_000 };
const OTHERWISE = 2_000;
const QUICK_SHARE = 0.1;

interface Drained extends Figures {
  rate: number;
  isWhole: boolean;
}

const parameters = readParameters(argv.slice(2));

function loadsOf(): Load[] {
  const answers = parameters.receiverMs === undefined ? [20, 100, 1_000] : [parameters.receiverMs];
  return answers.flatMap((answerMs) => {
    const messages = (MESSAGES[answerMs] ?? OTHERWISE) * (parameters.quick ? QUICK_SHARE : 1);
    return [100, 0].map((keys) => ({ messages, keys, endpoints: 1, answerMs }));
  });
}

async function drainOnce(cloud: Cloud, receiver: Receiver, load: Load, run: number): Promise<Drained> {
  await cloud.outbox.prepare({ load, run, receiverUrl: receiver.url });
  const reported = receiver.expect({ run, messages: load.messages, answerMs: load.answerMs });
  await cloud.takeFigures();
  await cloud.outbox.start();
  const { missing, disordered } = await reported;
  const figures = await cloud.takeFigures();
  await cloud.webhooks.rest();
  const rate = (load.messages / figures.ms) * 1000;
  return { ...figures, rate, isWhole: missing + disordered === 0 };
}

function rowOf(load: Load, runs: readonly Drained[]): string[] {
  const middle = (figure: (run: Drained) => number) => median(runs.map(figure));
  return [
    load.answerMs >= 1_000 ? `${load.answerMs / 1_000} s` : `${load.answerMs} ms`,
    load.keys > 0 ? `by ${load.keys} keys` : "no",
    runs.every(({ isWhole }) => isWhole) ? withSpread(runs.map(({ rate }) => rate)) : "lost or disordered",
    middle(({ mostConsumers }) => mostConsumers).toFixed(0),
    middle(({ messages }) => messages).toFixed(0),
    (load.messages / middle(({ messages }) => messages)).toFixed(0),
    (middle(({ roundTrips }) => roundTrips) / load.messages).toFixed(2),
    percent(middle(({ sqlMs, ms }) => sqlMs / ms)),
    percent(middle(({ workerdBusy }) => workerdBusy)),
  ];
}

const HEAD = [
  "receiver answers after",
  "ordered",
  "deliveries a second",
  "most consumers at once",
  "tasks",
  "deliveries a task",
  "D1 round trips a delivery",
  "D1 busy",
  "workerd busy",
];

const receiver = await startReceiver();
try {
  await onCloud(parameters, async (cloud) => {
    const loads = loadsOf();
    const results = new Map<Load, Drained[]>(loads.map((load) => [load, []]));
    const runs = parameters.quick ? 1 : RUNS;
    let run = 0;
    for (let repetition = 1; repetition <= runs; repetition++) {
      console.log(`run ${repetition} of ${runs} …`);
      for (const load of inTurn(loads, repetition - 1))
        results.get(load)?.push(await drainOnce(cloud, receiver, load, ++run));
    }
    const rows = loads.map((load) => rowOf(load, results.get(load) ?? []));
    console.log(`\n${describeMachine()}\nEmulated: ${describeParameters(parameters)}.\n`);
    console.log(tableOf(HEAD, rows));
  });
} finally {
  receiver.stop();
}
