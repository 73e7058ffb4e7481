import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

/** An isolate has 128 MiB for its heap and the bytes outside it, and may hold the bodies of three such requests: 12 MiB. */
const HEAP_MIB = 40;
const YOUNG_MIB = 4;

test("the largest bodies that are taken fit into a heap of 40 MiB, one at a time", async () => {
  const flags = [`--max-old-space-size=${HEAP_MIB}`, `--max-semi-space-size=${YOUNG_MIB}`];
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, [...flags, "test/support/largest-bodies.ts"]);
  const taken = stdout.trim().split("\n");
  expect(taken).toContain("H4 4 MiB of noise");
  expect(taken).toContain("H4 long numbers");
  expect(taken.length).toBeGreaterThan(10);
});
