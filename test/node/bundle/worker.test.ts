import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { assets } from "../../../src/dashboard/inspector/assets.gen.ts";
import { waitUntil } from "../../support/programs/dev-server.ts";
import { ROOT } from "../../support/programs/run.ts";
import { type Build, BuiltWorker, build } from "./built-worker.ts";
import { describeBuilt } from "./cases.ts";

let built: Build;
let bundled = "";

describeBuilt(
  "the Worker that wrangler builds of src",
  async () => {
    built = await build(ROOT);
    bundled = readFileSync(join(built.outdir, "worker.js"), "utf8");
    return built;
  },
  (worker) => {
    test("neither carries nor answers the inspector, even where its settings say development", async () => {
      const receive = readFileSync(join(ROOT, "src/dashboard/inspector/receive.ts"), "utf8");
      const [words = ""] = /This receiver of [\w-]+/.exec(receive) ?? [];
      const scripts = Object.keys(assets);
      expect([words.length > 0, scripts.length]).toEqual([true, 3]);
      for (const part of [words, "outbox_mailbox", "MimeNode"]) expect(bundled).not.toContain(part);
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

    test("loses no e-mail if its settings say development by mistake: it waits, and says why", async () => {
      const mistaken = await BuiltWorker.start(built, { EMAIL_DEV: "", EMAIL_DEV_ALLOW: "" });
      try {
        const tenant = await mistaken.createTenant();
        const email = { to: "ada@example.com", subject: "Welcome", text: "Hello" };
        const { id } = (await mistaken.call("POST", `${tenant}/emails`, email)).body;
        const delivery = async () =>
          (await mistaken.call("GET", `${tenant}/messages/${id}`)).body.deliveries[0];
        await waitUntil("the first attempt", async () => (await delivery()).attempts.length > 0);
        expect(await delivery()).toMatchObject({
          state: "pending",
          attempts: [
            { error: "built_for_production", responseExcerpt: expect.stringMatching(/^Not sent: /) },
          ],
        });
      } finally {
        await mistaken.close();
      }
    });
  },
);
