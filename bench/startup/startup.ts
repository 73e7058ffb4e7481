/**
 * `npm run bench -- startup`: bytes of Workers with an outbox, and the processor time of their start in workerd, each in fresh
 * processes by turns. `--rounds 5` starts each five times. By Linux' /proc.
 */
import { rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { type Weighed, weigh } from "../../test/support/programs/weigh.ts";
import { describeMachine, quantile } from "../measure.ts";
import { type Start, startWorker } from "./start-worker.ts";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "25" } } });

const WORKERS = [
  { name: "the Worker, its API made while it is loaded", folder: ".", script: "bench/startup/worker.ts" },
  { name: "the Worker", folder: ".", script: "src/worker.ts" },
  { name: "an app with the API and the checks", folder: "test/shop", script: "worker.ts" },
  { name: "an app without them", folder: "test/shop", script: "small.ts" },
  { name: "the app without an outbox", folder: "test/shop", script: "bare.ts" },
];
const NOTHING = `import { DurableObject } from "cloudflare:workers";
export class TenantRelay extends DurableObject {}
export default { fetch: () => new Response() };
`;

const weighed: Weighed[] = [];
for (const { folder, script } of WORKERS) weighed.push(await weigh(folder, script));
const nothing = join(dirname(weighed[0]?.file ?? ""), "nothing.js");
writeFileSync(nothing, NOTHING);

const files = [nothing, ...weighed.map(({ file }) => file)];
const starts = new Map<string, Start[]>(files.map((file) => [file, []]));
for (let round = 0; round < Number(values.rounds); round++)
  for (const file of files) starts.get(file)?.push(await startWorker(file));

const medianOf = (file: string, field: keyof Start) =>
  quantile(
    (starts.get(file) ?? []).map((start) => start[field]),
    0.5,
  );
/** Without the time that workerd itself takes. */
const startOf = (file: string) => medianOf(file, "startMs") - medianOf(nothing, "startMs");

const [first] = weighed;
const rows = WORKERS.map(({ name }, n) => {
  const { file = "", kib = 0, gzipKib = 0 } = weighed[n] ?? {};
  const [ownStart, eagerStart] = [startOf(file), startOf(first?.file ?? "")];
  const figures = [
    kib.toFixed(0),
    gzipKib.toFixed(0),
    ownStart.toFixed(0),
    (ownStart / eagerStart).toFixed(2),
    medianOf(file, "firstMs").toFixed(0),
    medianOf(file, "secondMs").toFixed(0),
  ];
  return `| ${name} | ${figures.join(" | ")} |`;
});
console.log(`${describeMachine()}. Medians of ${values.rounds} starts.

| Worker | KiB | gzip | start, ms | part of the first | first request, ms | second |
|---|---|---|---|---|---|---|
${rows.join("\n")}`);
for (const { file } of weighed) rmSync(dirname(file), { recursive: true, force: true });
