import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runWrangler } from "../../src/cli/wrangler.ts";
import { AppFolder, runInit } from "../node/init-folder.ts";

const ROOT = join(import.meta.dirname, "../..");

let app: AppFolder;
beforeEach(() => {
  app = new AppFolder();
});
afterEach(() => app.remove());

const WORKER = `
import { DurableObject } from "cloudflare:workers";
export class TenantRelay extends DurableObject {}
export class Room extends DurableObject {}
export default { fetch: () => new Response("ok"), queue() {}, scheduled() {} };
`;

/** Apps that have something of all that is added. */
const TOML = `name = "shop"
main = "src/index.js"
compatibility_date = "2025-10-01"
compatibility_flags = [ "nodejs_als" ] # mine
queues = { producers = [{ binding = "JOBS", queue = "shop-jobs" }] }

[durable_objects]
bindings = [
  { name = "ROOM", class_name = "Room" } # the only one
]

[[migrations]]
tag = "v1"
new_sqlite_classes = ["Room"]

[triggers]
crons = ["0 5 * * *"]

[[env.staging.durable_objects.bindings]]
name = "ROOM"
class_name = "Room"
`;

const JSONC = `{
  "name": "shop",
  "main": "src/index.js",
  "compatibility_date": "2025-10-01",
  "compatibility_flags": ["nodejs_als"], // mine
  "queues": { "producers": [{ "binding": "JOBS", "queue": "shop-jobs" }], },
  "durable_objects": {
    "bindings": [
      { "name": "ROOM", "class_name": "Room" } // the only one
    ]
  },
  "migrations": [{ "tag": "v1", "new_sqlite_classes": ["Room"] }],
  "triggers": { "crons": ["0 5 * * *"] },
  "env": { "staging": { "durable_objects": { "bindings": [{ "name": "ROOM", "class_name": "Room" }] } } }
}
`;

describe.each([
  ["wrangler.toml", TOML],
  ["wrangler.jsonc", JSONC],
])("wrangler takes the %s that init has written", (name, text) => {
  const signal = new AbortController().signal;
  const wrangler = (...args: string[]) => runWrangler([...args, "--config", join(app.root, name)], signal);
  const persist = () => ["--local", "--persist-to", join(app.root, "state")];

  beforeEach(async () => {
    app.write(name, text);
    app.write("src/index.js", WORKER);
    await runInit(app, "--yes");
    await runInit(app, "--yes --env staging");
  });

  test("and deploys with all its bindings, in every environment, without a warning", async () => {
    for (const [env, prefix] of [
      ["", "shop"],
      ["staging", "shop-staging"],
    ]) {
      const { exitCode, output } = await wrangler("deploy", "--dry-run", `--env=${env}`);
      expect(output).not.toContain("WARNING");
      for (const binding of [
        "env.RELAY (TenantRelay)",
        `env.WEBHOOK_QUEUE (${prefix}-webhook)`,
        `env.EMAIL_QUEUE (${prefix}-email)`,
        `env.HANDLER_QUEUE (${prefix}-handler)`,
        `env.DB (${prefix}-db)`,
        "env.EMAIL (unrestricted)",
      ])
        expect(output).toContain(binding);
      expect(exitCode).toBe(0);
    }
  });

  test("and applies the migration, among the app's own", async () => {
    app.write("migrations/0002_orders.sql", "CREATE TABLE orders (id TEXT);\n");
    const { exitCode, output } = await wrangler("d1", "migrations", "apply", "DB", ...persist());
    expect(output).toMatch(/0001_edge_outbox\.sql\s*│\s*✅/);
    expect(exitCode).toBe(0);
    const query = "SELECT name FROM sqlite_master WHERE name IN ('orders', 'outbox_messages') ORDER BY name";
    const { stdout } = await wrangler("d1", "execute", "DB", "--json", "--command", query, ...persist());
    expect(JSON.parse(stdout)[0].results).toEqual([{ name: "orders" }, { name: "outbox_messages" }]);
  });
});

describe("the command", () => {
  const run = (...args: string[]) => {
    const program = join(ROOT, "src/cli/edge-outbox.ts");
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
      cwd: app.root,
      encoding: "utf8",
    });
    return { exitCode: status, stdout, stderr };
  };

  test("tells what there is, and which version it is", () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    expect(run("--version")).toEqual({ exitCode: 0, stdout: `${version}\n`, stderr: "" });
    for (const args of [[], ["--help"]])
      expect(run(...args)).toMatchObject({
        exitCode: 0,
        stdout: expect.stringContaining("npx edge-outbox init"),
      });
    const help = run("init", "--help");
    for (const flag of ["--config", "--env", "--database", "--sidecar", "--script", "--inbox", "--yes"])
      expect(help.stdout).toContain(flag);
  });

  test.each([
    [["int"], "There is no command int. The commands: npx edge-outbox --help"],
    [["init", "--yess"], "The flags of init: npx edge-outbox init --help"],
  ])("%j is refused in a sentence, with exit code 2", (args, words) => {
    const { exitCode, stdout, stderr } = run(...args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toContain(words);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  test("writes nothing where nobody can be asked, in no colours; with --yes it does", () => {
    app.write("wrangler.toml", TOML);
    const dry = run("init");
    expect(dry).toMatchObject({ exitCode: 0, stderr: "" });
    expect(dry.stdout.trimEnd()).toMatch(/Nothing was written: run it again with --yes\.$/);
    expect(dry.stdout).not.toContain("\u001B");
    expect(app.files()).toEqual({ "wrangler.toml": TOML });
    expect(run("init", "--yes")).toMatchObject({ exitCode: 0, stderr: "" });
    expect(Object.keys(app.files())).toEqual(["migrations/0001_edge_outbox.sql", "wrangler.toml"]);
  });

  test("without a configuration says where to run it", () => {
    const { exitCode, stderr } = run("init");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("Run init in the folder of your Worker");
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});
