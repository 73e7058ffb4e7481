import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { assets } from "../../../src/dashboard/inspector/assets.gen.ts";
import { ROOT } from "../../support/programs/run.ts";
import { build } from "./built-worker.ts";
import { describeBuilt } from "./cases.ts";

let bundled = "";

describeBuilt(
  "the Worker that wrangler builds of src",
  async () => {
    const built = await build(ROOT);
    bundled = readFileSync(join(built.outdir, "worker.js"), "utf8");
    return built;
  },
  (worker) => {
    test("neither carries nor answers the inspector, even where its settings say development", async () => {
      const receive = readFileSync(join(ROOT, "src/dashboard/inspector/receive.ts"), "utf8");
      const [words = ""] = /This receiver of [\w-]+/.exec(receive) ?? [];
      const scripts = Object.keys(assets);
      expect([words.length > 0, scripts.length]).toEqual([true, 3]);
      expect(bundled).not.toContain(words);
      for (const name of scripts) expect(bundled, name).not.toContain(`"${name}"`);
      for (const [method, path] of [
        ["GET", "/ui/dev/receiver"],
        ["POST", "/ui/dev/receiver/in/hooks"],
        ["GET", "/ui/dev/mailbox"],
        ...scripts.map((name) => ["GET", `/ui/a/${name}`] as const),
      ] as const) {
        expect((await worker().call(method, path)).status, path).toBe(404);
      }
      expect((await worker().call("GET", "/ui/")).body).toContain('data-environment="production"');
    });
  },
);
