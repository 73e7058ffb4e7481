import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { HANDLER_MUTANTS } from "./handler-mutants.ts";
import { MUTANTS } from "./mutants.ts";

const run = promisify(execFile);
const SIM = join(import.meta.dirname, "sim.ts");

/** Where those that are seldom found are looked for: a little before a history that shows them. */
const LOOK_FROM: Record<string, number> = {
  "starts are counted when a delivery is claimed, not when its attempt begins": 640,
  "the leases of a run end one by one, and nobody looks at what blocks a delivery": 380,
  "what is told is told also by who has lost the lease": 298,
  "a replayed head does not block its key": 130,
  "a rate limit is not used up": 705,
  "skipping frees nobody": 50,
  "an unanswered commit without a key is sent again": 25,
  "the keys of an order that is strict no more are not let go": 65,
  "the fence of effects refuses nobody": 9,
  "the fence of effects looks at the state, not at the token": 31,
  "effects are sent again without the fence when an answer was lost": 9,
  "effects that were checked by outdated event types are refused": 9,
  "what a handler answers too late counts": 9,
  "the fence looks at the first of several effects": 215,
  "what gave nothing to commit is forgotten when the batch is refused": 264,
};

/** The first history with handlers in it. */
const FIRST_WITH_HANDLERS = 5;

async function play(...args: string[]): Promise<{ exitCode: number; output: string }> {
  try {
    const { stdout } = await run(process.execPath, [SIM, "--quiet", ...args], { maxBuffer: 1 << 26 });
    return { exitCode: 0, output: stdout };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { exitCode: code, output: stdout + stderr };
  }
}

describe("the simulator", () => {
  test("makes the same history of the same seed, byte for byte", async () => {
    const [first, second] = await Promise.all([play("--seed", "7"), play("--seed", "7")]);
    expect(first).toEqual(second);
    expect(first.output).toContain("All is well.");
  });

  test.each(Object.keys(MUTANTS))("finds within 1,000 histories that %s", async (name) => {
    const { exitCode, output } = await play(
      "--mutant",
      name,
      "--from",
      String(LOOK_FROM[name] ?? (name in HANDLER_MUTANTS ? FIRST_WITH_HANDLERS : 1)),
      "--seeds",
      "1000",
    );
    expect(output).toMatch(/seed \d+ failed/);
    expect(exitCode).toBe(1);
  });
});
