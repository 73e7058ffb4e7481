/**
 * `node test/sim/only-by.ts`: checks that each deliberate bug of the platform is found within 1,000 histories by the faults
 * it is for, and by nothing else within `--seeds` (300). `--mutant NAME` checks one. Ends with 1 if a bug is not found, is
 * found without its faults, or if a fault has no bug that it alone finds.
 */
import { parseArgs } from "node:util";
import { faultsWithoutOwnBug, PLATFORM_MUTANTS } from "./platform-mutants.ts";
import { failedSeed, runSim } from "./run-sim.ts";

/** A bug is found within so many histories. */
const FOUND_WITHIN = "1000";

const { values } = parseArgs({
  options: { seeds: { type: "string", default: "300" }, mutant: { type: "string" } },
});

const names = Object.keys(PLATFORM_MUTANTS).filter((name) => name === (values.mutant ?? name));
if (names.length === 0) {
  console.error(
    `There is no "${values.mutant}". There are:\n  ${Object.keys(PLATFORM_MUTANTS).join("\n  ")}`,
  );
  process.exit(2);
}

let failed = false;
console.log("| bug | faults | found with them | without them |\n|---|---|---|---|");
for (const name of names) console.log(await checkOne(name));
if (values.mutant === undefined)
  for (const kind of faultsWithoutOwnBug()) complain(`${kind} has no bug of its own`);
process.exitCode = failed ? 1 : 0;

async function checkOne(name: string): Promise<string> {
  const { onlyBy = [] } = PLATFORM_MUTANTS[name] ?? {};
  const found = await play(name, "--seeds", FOUND_WITHIN, ...onlyBy.flatMap((kind) => ["--with", kind]));
  const other = await play(name, "--seeds", values.seeds, ...onlyBy.flatMap((kind) => ["--without", kind]));
  if (found === undefined || other !== undefined) failed = true;
  const withThem = found === undefined ? "NOT FOUND" : `seed ${found}`;
  const without = other === undefined ? `not in ${values.seeds}` : `FOUND: seed ${other}`;
  return `| ${name} | ${onlyBy.join(", ")} | ${withThem} | ${without} |`;
}

/** The first history that shows the bug. */
async function play(name: string, ...args: string[]): Promise<number | undefined> {
  const { exitCode, output } = await runSim("--mutant", name, ...args);
  const seed = failedSeed(output);
  if (exitCode > 1 || (exitCode === 1) !== (seed !== undefined)) throw new Error(output);
  return seed;
}

function complain(text: string): void {
  console.log(text);
  failed = true;
}
