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

const bundles: { name: string; bundle: Weighed }[] = [];
for (const { name, folder, script } of WORKERS) bundles.push({ name, bundle: await weigh(folder, script) });
const folders = bundles.map(({ bundle }) => dirname(bundle.file));
const nothing = join(folders[0] ?? "", "nothing.js");
writeFileSync(nothing, NOTHING);

interface Contender {
  name: string;
  start: () => Promise<Start>;
  /** Undefined: it is not a Worker by itself. */
  bundle?: Weighed;
  starts: Start[];
}
const zero: Contender = { name: "nothing", start: () => startWorker(nothing), starts: [] };
const contenders = bundles.flatMap(({ name, bundle }): Contender[] => {
  const whole = { name, bundle, start: () => startWorker(bundle.file), starts: [] };
  if (name !== "the Worker") return [whole];
  const compiled = { name: "its text alone, compiled and not run", starts: [] };
  return [whole, { ...compiled, start: () => startWorker(nothing, bundle.file) }];
});
for (let round = 0; round < Number(values.rounds); round++)
  for (const contender of [zero, ...contenders]) contender.starts.push(await contender.start());

const medianOf = ({ starts }: Contender, field: keyof Start) =>
  quantile(
    starts.map((start) => start[field]),
    0.5,
  );
/** Without the time that workerd itself takes. */
const startOf = (contender: Contender) => medianOf(contender, "startMs") - medianOf(zero, "startMs");

const [first = zero] = contenders;
const rows = contenders.map((contender) => {
  const { name, bundle } = contender;
  const requests = [medianOf(contender, "firstMs").toFixed(0), medianOf(contender, "secondMs").toFixed(0)];
  const figures = [
    bundle?.kib.toFixed(0) ?? "",
    bundle?.gzipKib.toFixed(0) ?? "",
    startOf(contender).toFixed(0),
    (startOf(contender) / startOf(first)).toFixed(2),
    ...(bundle ? requests : ["", ""]),
  ];
  return `| ${name} | ${figures.join(" | ")} |`;
});
console.log(`${describeMachine()}. Medians of ${values.rounds} starts.

| Worker | KiB | gzip | start, ms | part of the first | first request, ms | second |
|---|---|---|---|---|---|---|
${rows.join("\n")}`);
for (const folder of folders) rmSync(folder, { recursive: true, force: true });
