import { setTimeout as pause } from "node:timers/promises";
import type { Setting } from "../peers/peer.ts";
import { PEERS, PeerContender } from "../peers/peer-contender.ts";
import { startPostgres, TUNED } from "../peers/postgres.ts";
import { now } from "./clock.ts";
import type { Contender } from "./contender.ts";
import { atLeast, besideBar, inTurn, median, tableOf, withSpread } from "./figures.ts";
import { FloorContender } from "./floor.ts";
import type { Load } from "./load.ts";
import type { Scale } from "./scale.ts";
import type { Stage } from "./stage.ts";

/** Pause between two runs, in which the first finishes its writes. */
const REST_MS = 500;

/** Runs of one contender with one load, summed up. */
interface Result {
  /** Messages a second of each run; 0 for a run that lost one. */
  rates: number[];
  missing: number;
  repeated: number;
  disordered: number;
}

/** Compares how fast committed messages are delivered, with peers on PostgreSQL. */
export async function measureDrain(stage: Stage, scale: Scale): Promise<string> {
  const postgres = startPostgres();
  const peers: PeerContender[] = [];
  try {
    for (const name of PEERS) peers.push(await PeerContender.launch(name, postgres));
    const tables: string[] = [];
    for (const load of scale.drain.loads) tables.push(await compare(stage, peers, { load, scale }));
    return `## Drain

Messages are committed first, and held. The time runs from the call that releases them to the arrival of the last. ${postgres.version},
tuned: ${Object.entries(TUNED)
      .map(([name, value]) => `\`${name}=${value}\``)
      .join(", ")}.
A peer is one process with a database of its own, and keeps the setting that was fastest for such a receiver${scale.drain.isTuned ? "" : " on another run"}.
Every contender posts the same body; only the outbox signs it, and records each attempt. The floor is all that a consumer of \`wrangler dev\` can send. A run that loses a message counts as 0.

${tables.join("\n\n")}`;
  } finally {
    for (const peer of peers) peer.end();
    postgres.stop();
  }
}

async function compare(
  stage: Stage,
  peers: readonly PeerContender[],
  { load, scale }: { load: Load; scale: Scale },
): Promise<string> {
  const title = titleOf(load);
  for (const peer of peers) await tune(stage, peer, { load, isTuned: scale.drain.isTuned });
  const contenders: Contender[] = [stage.outbox, new FloorContender(stage.bare), ...peers];
  const results = new Map(contenders.map(({ name }) => [name, emptyResult()]));
  for (let repetition = 1; repetition <= scale.repetitions; repetition++) {
    console.log(`drain, ${title}: repetition ${repetition} of ${scale.repetitions} …`);
    for (const one of inTurn(contenders, repetition)) {
      await runOnce(stage, one, load, results.get(one.name) ?? emptyResult());
    }
  }
  return `### ${title}\n\n${describe(stage, results, { peers, load })}`;
}

const emptyResult = (): Result => ({ rates: [], missing: 0, repeated: 0, disordered: 0 });

/** Chooses the setting that drains such a load fastest. Each is tried twice, because the first run meets a cold process. */
async function tune(
  stage: Stage,
  peer: PeerContender,
  { load, isTuned }: { load: Load; isTuned: boolean },
): Promise<void> {
  const settings = peer.settingsFor(load);
  const [likeliest = {}] = settings;
  let [best, fastest] = [likeliest, 0];
  for (const setting of isTuned ? [...settings, ...settings] : []) {
    peer.use(setting);
    const result = emptyResult();
    await runOnce(stage, peer, load, result);
    const [rate = 0] = result.rates;
    console.log(
      `tuning ${peer.name}, ${titleOf(load)}: ${settingText(setting)}: ${rate.toFixed(0)} a second`,
    );
    if (result.disordered === 0 && rate > fastest) [best, fastest] = [setting, rate];
  }
  peer.use(best);
}

async function runOnce({ receiver, nextRun }: Stage, one: Contender, load: Load, result: Result) {
  const run = nextRun();
  await one.prepare({ load, run, receiverUrl: receiver.url });
  await pause(REST_MS);
  const reported = receiver.expect({ run, messages: load.messages, answerMs: load.answerMs });
  const startedAt = now();
  await one.start();
  const report = await reported;
  await one.stop();
  await pause(REST_MS);
  result.rates.push(report.missing > 0 ? 0 : (load.messages / (report.lastAt - startedAt)) * 1000);
  result.missing += report.missing;
  result.repeated += report.repeated;
  result.disordered += report.disordered;
}

function describe(
  stage: Stage,
  results: ReadonlyMap<string, Result>,
  { peers, load }: { peers: readonly PeerContender[]; load: Load },
): string {
  const rates = (name: string) => results.get(name)?.rates ?? [];
  const best = peers.map(({ name }) => name).toSorted((a, b) => median(rates(b)) - median(rates(a)))[0] ?? "";
  const isOrdered = load.keys > 0;
  const rows = [...results].map(([name, result]) => {
    const ratio = median(result.rates) / median(rates(best));
    const isOurs = name === stage.outbox.name;
    const setting = peers.find((peer) => peer.name === name)?.setting;
    const bar = atLeast(isOrdered ? 1 : 0.8, ratio);
    return [
      name,
      withSpread(result.rates),
      isOurs ? besideBar(ratio, bar) : ratio.toFixed(2),
      `${result.missing} missing, ${result.repeated} twice${isOrdered ? `, ${result.disordered} out of order` : ""}`,
      setting ? settingText(setting) : isOurs ? "as deployed" : "5 at once",
    ];
  });
  return tableOf(["contender", "messages a second", "of the best peer", "arrivals", "setting"], rows);
}

const titleOf = ({ messages, keys, endpoints, answerMs }: Load) =>
  [
    keys > 0 ? `Ordered by ${keys} keys` : "Unordered",
    `${messages.toLocaleString("en")} messages`,
    endpoints === 1 ? "one endpoint" : `${endpoints} endpoints`,
    answerMs === 0 ? "answered at once" : `answered after ${answerMs} ms`,
  ].join(", ");

const settingText = (setting: Setting) =>
  Object.entries(setting)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
