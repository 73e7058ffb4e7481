import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

/**
 * An isolate has 128 MiB for its heap and the bytes outside it, and may hold the bodies of three such requests: 12 MiB. The bodies
 * pass from 40 MiB on, or a little more when the collector comes late.
 */
const HEAP_MIB = 64;
const YOUNG_MIB = 4;

test("the largest bodies that are taken fit into a heap of 64 MiB, one at a time", async () => {
  const flags = [`--max-old-space-size=${HEAP_MIB}`, `--max-semi-space-size=${YOUNG_MIB}`];
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, [...flags, "test/support/worker/largest-bodies.ts"]);
  const taken = stdout.trim().split("\n");
  expect(taken).toContain("H4 4 MiB of noise");
  expect(taken).toContain("H4 long numbers");
  expect(taken.length).toBeGreaterThan(10);
});
