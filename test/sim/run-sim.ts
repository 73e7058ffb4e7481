import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const SIM = join(import.meta.dirname, "sim.ts");

/** Runs the simulator as a process of its own: a deliberate bug is put in before any code is loaded. */
export async function runSim(...args: string[]): Promise<{ exitCode: number; output: string }> {
  try {
    const { stdout } = await run(process.execPath, [SIM, "--quiet", ...args], { maxBuffer: 1 << 26 });
    return { exitCode: 0, output: stdout };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { exitCode: code, output: stdout + stderr };
  }
}

/** The first history that failed; undefined: every one ended well. */
export function failedSeed(output: string): number | undefined {
  const [, seed] = /seed (\d+) failed/.exec(output) ?? [];
  return seed === undefined ? undefined : Number(seed);
}
