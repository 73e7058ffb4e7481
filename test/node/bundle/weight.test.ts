import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { expect, test } from "vitest";
import { pack } from "../../support/programs/pack.ts";
import { weigh } from "../../support/programs/weigh.ts";

/** KiB of test/shop with the package as it was packed, compressed. */
async function gzipKibOf(script: string): Promise<number> {
  await pack();
  const { file, gzipKib } = await weigh("test/shop", script, true);
  rmSync(dirname(file), { recursive: true, force: true });
  return gzipKib;
}

test("an outbox without the API and the checks of payloads adds at most 200 KiB to an app, compressed", async () => {
  const [bare, small] = [await gzipKibOf("bare.ts"), await gzipKibOf("small.ts")];
  expect(bare).toBeGreaterThan(10);
  expect(small - bare).toBeLessThanOrEqual(200);
  expect(small).toBeLessThanOrEqual(235);
});

test("the API and the checks of payloads are what the rest of an outbox weighs, and are left out where they are not imported", async () => {
  expect(await gzipKibOf("worker.ts")).toBeGreaterThan(2 * (await gzipKibOf("small.ts")));
});
