import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { CommandError } from "../../../src/cli/program.ts";

const MAIN = join(import.meta.dirname, "../payments/main.ts");

/** The payment API in a process of its own: it is somebody else's. */
export async function startPayments({ port, seed }: { port: number; seed: number }) {
  const child = spawn(process.execPath, [MAIN, `--port=${port}`, `--seed=${seed}`], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const ready = once(createInterface({ input: child.stdout }), "line").then(() => true);
  if (!(await Promise.race([ready, exited.then(() => false)]))) {
    throw new CommandError("The payment API did not start; its words are above.");
  }
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      child.kill("SIGTERM");
      if (child.exitCode === null && child.signalCode === null) await exited;
    },
  };
}
