/**
 * `npm run sim -- --seeds 1000`: plays histories, each with faults of its own, and checks that every one ends
 * well. `--seed N` plays one and prints it. `--mutant NAME` plays them with a bug put in, until one goes wrong. `--with FAULT` plays those
 * that have it, or another that is said so, `--without FAULT` lets it strike in none. The same seed makes the same history, byte for byte.
 */
import { createHash } from "node:crypto";
import { parseArgs } from "node:util";
import { FAULT_KINDS, Faults, PLATFORM_FAULTS } from "./faults.ts";
import { MUTANTS, plant } from "./mutants.ts";
import type { Played } from "./play.ts";
import { SeededRandom } from "./random.ts";
import { Timeline } from "./timeline.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1000" },
    from: { type: "string", default: "1" },
    seed: { type: "string" },
    quiet: { type: "boolean", default: false },
    mutant: { type: "string" },
    with: { type: "string", multiple: true },
    without: { type: "string", multiple: true },
  },
});

const faults = [...FAULT_KINDS, ...PLATFORM_FAULTS];
const asked = [...(values.with ?? []), ...(values.without ?? [])];
for (const name of asked) expectOneOf("--with and --without", name, faults);
if (values.mutant !== undefined) expectOneOf("--mutant", values.mutant, Object.keys(MUTANTS));
for (const flag of ["seed", "seeds", "from"] as const) expectNumber(`--${flag}`, values[flag]);

// The bug must be in place before the code is loaded.
if (values.mutant !== undefined) plant(values.mutant);
const { judgeHistory } = await import("./judge-history.ts");
const { play } = await import("./play.ts");

if (values.seed !== undefined) process.exitCode = await tell(Number(values.seed));
else process.exitCode = await playAll(Number(values.from), Number(values.seeds));

function expectOneOf(flag: string, given: string, names: readonly string[]): void {
  if (!names.includes(given)) refuse(`${flag}: there is no "${given}". There are:\n  ${names.join("\n  ")}`);
}

function expectNumber(flag: string, given: string | undefined): void {
  if (given !== undefined && !/^[1-9]\d{0,8}$/.test(given))
    refuse(`${flag} takes a whole number from 1 on, not "${given}"`);
}

function refuse(message: string): never {
  console.error(message);
  process.exit(2);
}

async function tell(seed: number): Promise<number> {
  const played = await play(seed, values.without);
  const { history } = played.world.timeline;
  console.log(history.join("\n"));
  const complaints = judgeHistory(played);
  console.log(`\nseed ${seed}: ${history.length} lines, sha256 ${digest(history)}`);
  console.log(complaints.length > 0 ? complaints.join("\n") : "All is well.");
  return complaints.length > 0 ? 1 : 0;
}

async function playAll(from: number, count: number): Promise<number> {
  const startedAt = Date.now();
  const totals = { messages: 0, receipts: 0, effects: 0, faults: 0 };
  let failed = 0;
  let histories = 0;
  for (const seed of seedsFrom(from, count)) {
    histories++;
    const played = await play(seed, values.without);
    totals.messages += played.acknowledged.length;
    totals.receipts += played.world.endpoints.reduce((sum, { receipts }) => sum + receipts.length, 0);
    totals.effects += effectsIn(played);
    totals.faults += played.faults.length;
    const complaints = judgeHistory(played);
    if (complaints.length > 0) {
      failed++;
      if (!values.quiet) console.log(played.world.timeline.history.join("\n"));
      console.log(
        `\nseed ${seed} failed; play it again with: npm run sim -- --seed ${seed}\n${complaints.slice(0, 10).join("\n")}`,
      );
      if (failed >= 5 || values.mutant !== undefined) break;
    }
    played.world.d1.sqlite.close();
    if (seed % 100 === 0) console.log(`${seed - from + 1} of ${count} …`);
  }
  if (histories === 0)
    refuse(`None of these ${count} seeds has ${values.with?.join(" or ")} in its history.`);
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(0);
  console.log(
    `${histories} histories in ${seconds} s: ${totals.messages} messages acknowledged, ${totals.receipts} requests received, ` +
      `${totals.effects} effects of handlers committed, ${totals.faults} faults; ${failed === 0 ? "every history ended well" : `${failed} failed`}.`,
  );
  return failed > 0 ? 1 : 0;
}

/** All of them, or those whose histories have one of some faults. */
function* seedsFrom(from: number, count: number): Iterable<number> {
  for (let seed = from; seed < from + count; seed++) {
    if (values.with === undefined || kindsOf(seed).some((kind) => values.with?.includes(kind))) yield seed;
  }
}

function kindsOf(seed: number): readonly string[] {
  return new Faults(seed, new SeededRandom(seed), new Timeline()).kinds;
}

function effectsIn({ world }: Played): number {
  if (!world.handlers) return 0;
  return world.d1.query<{ n: number }>("SELECT count(*) AS n FROM app_ledger")[0]?.n ?? 0;
}

function digest(history: readonly string[]): string {
  return createHash("sha256").update(history.join("\n")).digest("hex").slice(0, 16);
}
