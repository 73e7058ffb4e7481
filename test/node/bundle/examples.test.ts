import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../../support/programs/run.ts";
import { build } from "./built-worker.ts";

test.each(["examples/shop", "examples/shop/fulfilment"])("%s is built without a warning", async (folder) => {
  const { said, outdir } = await build(join(ROOT, folder));
  rmSync(outdir, { recursive: true, force: true });
  expect(said).not.toContain("WARNING");
  expect(said).toContain("--dry-run: exiting now.");
});
