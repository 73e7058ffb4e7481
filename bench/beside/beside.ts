/**
 * `npm run bench`: measures accepting, draining and latency, each beside its comparison, in one run. Writes bench/RESULTS.md.
 * `-- --quick` takes less than three minutes, shows that everything runs, and writes bench/RESULTS.quick.md. `-- --only accept`
 * (or `drain`, `latency`) prints that part, and writes nothing.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { argv } from "node:process";
import { parseArgs } from "node:util";
import { describeMachine } from "../measure.ts";
import { installPeers, versionOf } from "../peers/install.ts";
import { PEERS } from "../peers/peer-contender.ts";
import { measureAccept } from "./accept.ts";
import { measureDrain } from "./drain.ts";
import { measureLatency } from "./latency.ts";
import { FULL, QUICK, type Scale } from "./scale.ts";
import { onStage, type Stage } from "./stage.ts";

const ROOT = join(import.meta.dirname, "../..");
const PARTS: Readonly<Record<string, (stage: Stage, scale: Scale) => Promise<string>>> = {
  accept: measureAccept,
  drain: measureDrain,
  latency: measureLatency,
};

const { values: flags } = parseArgs({
  args: argv.slice(2),
  options: { quick: { type: "boolean", default: false }, only: { type: "string" } },
});
const { quick, only } = flags;
const names = Object.keys(PARTS).filter((name) => only === undefined || name === only);
if (names.length === 0)
  throw new Error(`There is no part "${only}". There are: ${Object.keys(PARTS).join(", ")}`);

function heading(scale: Scale): string {
  const version = (name: string) =>
    JSON.parse(readFileSync(join(ROOT, "node_modules", name, "package.json"), "utf8")).version;
  const product = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")).version;
  const peers = PEERS.map((name) => `${name} ${versionOf(name)}`);
  return `# The bench beside its peers

Written by \`npm run bench${quick ? " -- --quick" : ""}\` on ${new Date().toISOString().slice(0, 10)}: medians of ${scale.repetitions} repetitions, in brackets the least and the most.
Contenders take turns within each repetition, and begin it by turns.${quick ? " A quick run shows that everything runs: its figures are coarse." : ""}

- Machine: ${describeMachine()}. Contenders, receiver and producers share it.
- Versions: edge-outbox ${product}, wrangler ${version("wrangler")}, hono ${version("hono")}, ${peers.join(", ")}.
- Emulated: Workers, D1, Durable Objects and Queues, by \`wrangler dev\`. Its queue hands out a batch after another, where Cloudflare runs consumers side by side.
- Not emulated: PostgreSQL, which commits with \`fsync\` to the disk of this machine.

Nothing was measured on Cloudflare's production network. Compare the ratios: the rates are those of this machine.
`;
}

for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
const startedAt = performance.now();
const scale = quick ? QUICK : FULL;
installPeers();
const sections = [heading(scale)];
await onStage(async (stage) => {
  for (const name of names) sections.push(`${await PARTS[name]?.(stage, scale)}\n`);
});
const results = sections.join("\n");
console.log(`\n${results}`);
console.log(`measured in ${((performance.now() - startedAt) / 60_000).toFixed(1)} minutes`);
if (only === undefined) {
  const file = join(ROOT, "bench", quick ? "RESULTS.quick.md" : "RESULTS.md");
  writeFileSync(file, results);
  console.log(`written to ${relative(ROOT, file)}`);
}
