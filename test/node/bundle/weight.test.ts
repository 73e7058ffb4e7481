import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { expect, test } from "vitest";
import { weigh } from "../../support/programs/weigh.ts";

/** KiB of test/shop, compressed. */
async function gzipKibOf(script: string): Promise<number> {
  const { file, gzipKib } = await weigh("test/shop", script);
  rmSync(dirname(file), { recursive: true, force: true });
  return gzipKib;
}

test("an outbox without the API and the checks of payloads adds at most 210 KiB to an app, compressed", async () => {
  const [bare, small] = [await gzipKibOf("bare.ts"), await gzipKibOf("small.ts")];
  expect(bare).toBeGreaterThan(10);
  expect(small - bare).toBeLessThanOrEqual(210);
  expect(small).toBeLessThanOrEqual(245);
});

test("the API and the checks of payloads are what the rest of an outbox weighs, and are left out where they are not imported", async () => {
  expect(await gzipKibOf("worker.ts")).toBeGreaterThan(2 * (await gzipKibOf("small.ts")));
});
