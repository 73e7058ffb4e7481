import { chmodSync, lstatSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { AppFolder, d1, expectRefusal, relay, runInit, SHOP } from "./init-folder.ts";

let app: AppFolder;
beforeEach(() => {
  app = new AppFolder();
});
afterEach(() => app.remove());

const given = (config: object) => app.write("wrangler.json", JSON.stringify({ ...SHOP, ...config }, null, 2));
// biome-ignore lint/suspicious/noExplicitAny: a configuration is read by many paths here.
const config = () => app.config("wrangler.json") as any;

const refuses = (flags: string, exitCode: number, ...words: string[]) =>
  expectRefusal(app, flags, exitCode, ...words);

describe("environments", () => {
  const staged = {
    env: { staging: { vars: {} }, live: { name: "live-shop", triggers: { crons: ["5 * * * *"] } } },
  };

  test("without the bindings are named, with the way to give them", async () => {
    given(staged);
    const { output } = await runInit(app, "--yes");
    expect(output).toContain("! Environments inherit no bindings: staging, live must have them, too.");
    expect(output).toContain("npx edge-outbox init --env live");
    expect(config().env).toEqual(staged.env);
  });

  test("get them in their own section, under names of their own; the others stay as they are", async () => {
    given({ ...staged, ...d1("SHOP"), triggers: { crons: ["0 5 * * *"] } });
    const before = config();
    await runInit(app, "--yes --env staging");
    const { env, migrations, compatibility_flags, ...top } = config();
    const { env: envBefore, ...topBefore } = before;
    expect(top).toEqual(topBefore);
    expect(env.live).toEqual(envBefore.live);
    // Flags are inherited, and go where all environments have them: they run the same code.
    expect(compatibility_flags).toEqual([
      "global_fetch_strictly_public",
      "queue_consumer_no_wait_for_wait_until",
    ]);
    expect(migrations).toEqual([{ tag: "v1", new_sqlite_classes: ["TenantRelay"] }]);
    expect(env.staging).toMatchObject({
      d1_databases: [{ binding: "SHOP", database_name: "shop-staging-db", migrations_dir: "migrations" }],
      durable_objects: { bindings: [{ name: "RELAY" }] },
      // Those of the top level would be hidden by its own.
      triggers: { crons: ["0 5 * * *", "* * * * *"] },
    });
    expect(env.staging.queues.producers[0]).toEqual({
      binding: "WEBHOOK_QUEUE",
      queue: "shop-staging-webhook",
    });
    await runInit(app, "--yes --env live");
    expect(config().env.live.queues.producers[0].queue).toBe("live-shop-webhook");
    expect(config().env.live.triggers.crons).toEqual(["5 * * * *", "* * * * *"]);
    for (const flags of ["--env live", "--env staging"])
      expect((await runInit(app, flags)).output).toContain("Nothing to add");
  });

  test("work in TOML, too, with a name that wants quotes", async () => {
    app.write(
      "wrangler.toml",
      'name = "shop"\nmain = "a.ts"\ncompatibility_date = "2026-11-01"\n[env."eu.west".vars]\nA = 1\n[triggers]\ncrons = ["0 5 * * *"]\n',
    );
    await runInit(app, "--yes --env eu.west");
    const { env, ...top } = app.config("wrangler.toml") as { env: Record<string, object> };
    expect(Object.keys(top)).toEqual([
      "name",
      "main",
      "compatibility_date",
      "compatibility_flags",
      "triggers",
      "migrations",
    ]);
    expect(env["eu.west"]).toMatchObject({ vars: { A: 1 }, triggers: { crons: ["0 5 * * *", "* * * * *"] } });
  });

  test("migrations of their own are gone on with there", async () => {
    const own = [{ tag: "one", new_sqlite_classes: ["Room"] }];
    given({ migrations: [], env: { staging: { migrations: own } } });
    await runInit(app, "--yes --env staging");
    expect(config().env.staging.migrations).toEqual([
      ...own,
      { tag: "v2", new_sqlite_classes: ["TenantRelay"] },
    ]);
    expect(config().migrations).toEqual([]);
  });

  test("not in the file are refused", async () => {
    given(staged);
    await refuses("--yes --env test", 1, "has no environment test: it has staging, live.");
  });
});

describe("--sidecar", () => {
  test("adds the database, the migration, and the relay of another Worker; no queues, no class", async () => {
    given({});
    const { output } = await runInit(app, "--yes --sidecar --script relays");
    expect(config()).toEqual({
      ...SHOP,
      d1_databases: [{ binding: "DB", database_name: "shop-db", migrations_dir: "migrations" }],
      durable_objects: { bindings: [{ name: "RELAY", class_name: "TenantRelay", script_name: "relays" }] },
    });
    expect(Object.keys(app.files())).toContain("migrations/0001_edge_outbox.sql");
    expect(output).toContain("The Worker relays must be deployed first");
    expect(output).not.toContain("queue: outbox.queue");
  });

  test("with a relay of this Worker's own is a contradiction", async () => {
    given(relay());
    await refuses(
      "--yes --sidecar",
      1,
      "the outbox needs it for TenantRelay of the Worker edge-outbox",
      "Take it away",
    );
  });
});

describe("--inbox", () => {
  const own = new AppFolder();
  own.write("migrations/0001_edge_outbox.sql", "-- the outbox\n");
  own.write("migrations/inbox/0001_edge_outbox_inbox.sql", "-- the inbox\n");
  const packageRoot = own.root;
  afterAll(() => own.remove());

  test("adds the database and the inbox's migrations; nothing else", async () => {
    given({});
    const { output } = await runInit(app, "--yes --inbox", { packageRoot });
    expect(config()).toEqual({
      ...SHOP,
      d1_databases: [{ binding: "DB", database_name: "shop-db", migrations_dir: "migrations" }],
    });
    const { "wrangler.json": _, ...migrations } = app.files();
    expect(migrations).toEqual({ "migrations/0001_edge_outbox_inbox.sql": "-- the inbox\n" });
    expect(output).toContain('import { inbox } from "edge-outbox/inbox";');
  });

  test("stands beside the outbox", async () => {
    given({});
    await runInit(app, "--yes", { packageRoot });
    await runInit(app, "--yes --inbox", { packageRoot });
    const { "wrangler.json": _, ...migrations } = app.files();
    expect(migrations).toEqual({
      "migrations/0001_edge_outbox.sql": "-- the outbox\n",
      "migrations/0002_edge_outbox_inbox.sql": "-- the inbox\n",
    });
  });
});

describe("the configuration", () => {
  test("is the one that wrangler would read", async () => {
    app.write("wrangler.toml", 'name = "toml"\n');
    given({});
    expect((await runInit(app, "")).output).toContain("shop (wrangler.json)");
    await runInit(app, "--yes");
    expect(app.read("wrangler.toml")).toBe('name = "toml"\n');
  });

  test("not found is asked for", async () => {
    await refuses("", 1, "There is no wrangler.jsonc, wrangler.json or wrangler.toml in", "--config");
    await refuses("--config other.toml", 1, "--config names other.toml, which does not exist.");
    app.write("notes.txt", "");
    await refuses("--config notes.txt", 1, "its name must end in .jsonc, .json or .toml");
  });

  test("beside which migrations stand may be in another folder", async () => {
    app.write("apps/shop/wrangler.json", JSON.stringify(SHOP));
    const { output } = await runInit(app, "--yes --config apps/shop/wrangler.json");
    expect(output).toContain("Written: apps/shop/wrangler.json, apps/shop/migrations/0001_edge_outbox.sql");
  });

  test.each([
    ["wrangler.toml", 'name = "shop', "wrangler.toml cannot be read: line 1: "],
    ["wrangler.json", '{ "name": "shop"\n "a": 1 }', "wrangler.json cannot be read: line 2 is not JSON"],
    ["wrangler.json", "[]", "wrangler.json is not a valid configuration of wrangler: "],
    [
      "wrangler.json",
      '{ "queues": { "producers": {} } }',
      "is not a valid configuration of wrangler: queues.producers: ",
    ],
    ["wrangler.json", '{ "main": "a.ts" }', 'wrangler.json has no "name"'],
  ])("%s with %j is refused in a sentence", async (name, text, words) => {
    app.write(name, text);
    await refuses("--yes", 1, words);
  });

  test("beside a file where its migrations should be is told of", async () => {
    given({});
    app.write("migrations", "a file");
    await refuses("--yes", 1, "ENOTDIR", "/migrations'. Put it right, and run init again");
  });

  test("changed during the question is not overwritten", async () => {
    given({});
    const { exitCode, output } = await runInit(app, "", {
      answer: true,
      whileAsked: () => app.write("wrangler.json", '{ "name": "new" }'),
    });
    expect(exitCode).toBe(1);
    expect(output).toContain("wrangler.json has changed meanwhile. Nothing was written. Run init again.");
    expect(app.files()).toEqual({ "wrangler.json": '{ "name": "new" }' });
  });

  test("behind a link is written with its rights, and the link stays", async () => {
    app.write("shared/real.json", JSON.stringify(SHOP));
    chmodSync(join(app.root, "shared/real.json"), 0o640);
    symlinkSync("shared/real.json", join(app.root, "wrangler.json"));
    await runInit(app, "--yes");
    expect(lstatSync(join(app.root, "wrangler.json")).isSymbolicLink()).toBe(true);
    expect(statSync(join(app.root, "shared/real.json")).mode & 0o777).toBe(0o640);
    expect(app.config("shared/real.json")).toHaveProperty("send_email");
  });

  test("in other encodings than UTF-8 stays as it is", async () => {
    writeFileSync(join(app.root, "wrangler.toml"), Buffer.from([0x6e, 0xff, 0x0a]));
    expect(await runInit(app, "--yes")).toMatchObject({
      exitCode: 1,
      output: expect.stringContaining("is not UTF-8"),
    });
  });
});

test.each([
  ["--yess", "Unknown option '--yess'"],
  ["--sidecar --inbox", "exclude each other"],
  ["--script outbox", "and needs --sidecar"],
  ["now", "Unexpected argument 'now'"],
  ["--env=", "--env is empty."],
])("the flags %s are refused with exit code 2", async (flags, words) => {
  given({});
  await refuses(flags, 2, words);
});
