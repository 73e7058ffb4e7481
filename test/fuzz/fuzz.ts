/// <reference types="node" />
/** `npm run fuzz -- --requests 10000 --seed 7`: generated requests against every operation. The same seed makes the same requests. */
import { spawn } from "node:child_process";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "10000" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
  },
});

const vitest = spawn(
  "vitest",
  ["run", "--project", "worker", "test/fuzz", "--silent=false", "--testTimeout=3600000"],
  {
    env: { ...process.env, FUZZ_REQUESTS: values.requests, FUZZ_SEED: values.seed },
    stdio: "inherit",
  },
);
vitest.once("exit", (code) => {
  process.exitCode = code ?? 1;
});
