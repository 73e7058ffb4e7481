import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { showChanges } from "../../src/cli/init/show-changes.ts";
import { AppFolder, isWithin, runInit } from "./init-folder.ts";

const MIGRATIONS = join(import.meta.dirname, "../../migrations");
const ours = (name: string) => readFileSync(join(MIGRATIONS, name), "utf8");

let app: AppFolder;
beforeEach(() => {
  app = new AppFolder();
});
afterEach(() => app.remove());

const DRY = "Nothing was written: run it again with --yes.";

const TOML = `# The shop.
name = "shop" # its name
main = "src/index.ts"
compatibility_date = "2025-10-01"

[vars]
COLOUR = "blue"
`;

const JSONC = `{
  // The shop.
  "name": "shop", /* its name */
  "main": "src/index.ts",
  "compatibility_date": "2025-10-01",
  "vars": { "COLOUR": "blue" } // the best
}
`;

const consumer = (queue: string) => ({
  queue,
  max_batch_size: 2,
  max_batch_timeout: 0,
  max_retries: 3,
  retry_delay: 5,
});

const FLAGS = ["global_fetch_strictly_public", "queue_consumer_no_wait_for_wait_until"];

/** All that a Worker called shop gets. */
const ADDED = {
  compatibility_flags: ["nodejs_compat", ...FLAGS],
  limits: { cpu_ms: 30_000, subrequests: 10_000 },
  d1_databases: [{ binding: "DB", database_name: "shop-db", migrations_dir: "migrations" }],
  durable_objects: { bindings: [{ name: "RELAY", class_name: "TenantRelay" }] },
  migrations: [{ tag: "v1", new_sqlite_classes: ["TenantRelay"] }],
  queues: {
    producers: [
      { binding: "WEBHOOK_QUEUE", queue: "shop-webhook" },
      { binding: "EMAIL_QUEUE", queue: "shop-email" },
      { binding: "HANDLER_QUEUE", queue: "shop-handler" },
    ],
    consumers: [consumer("shop-webhook"), consumer("shop-email"), consumer("shop-handler")],
  },
  send_email: [{ name: "EMAIL" }],
  ratelimits: [
    { name: "API_RATE", namespace_id: "1001", simple: { limit: 6000, period: 60 } },
    { name: "ADDRESS_RATE", namespace_id: "1002", simple: { limit: 100, period: 60 } },
  ],
  triggers: { crons: ["* * * * *"] },
};

const SHOP = {
  name: "shop",
  main: "src/index.ts",
  compatibility_date: "2025-10-01",
  vars: { COLOUR: "blue" },
};

describe.each([
  ["wrangler.toml", TOML],
  ["wrangler.jsonc", JSONC],
  ["wrangler.json", JSON.stringify(SHOP, null, "\t")],
  ["wrangler.json", JSON.stringify(SHOP)],
])("%s", (name, text) => {
  test("gets all that is missing, and keeps every character it has", async () => {
    app.write(name, text);
    const { exitCode, output } = await runInit(app, "--yes");
    expect(exitCode).toBe(0);
    expect(output).toContain(`Written: ${name}, migrations/0001_edge_outbox.sql`);
    expect(app.config(name)).toEqual({ ...SHOP, ...ADDED });
    expect(isWithin(text, app.read(name))).toBe(true);
    expect(app.read("migrations/0001_edge_outbox.sql")).toBe(ours("0001_edge_outbox.sql"));
  });

  test("is shown as a diff, and written only by --yes or a yes", async () => {
    app.write(name, text);
    const dry = await runInit(app, "");
    expect(dry).toMatchObject({ exitCode: 0, output: expect.stringContaining(DRY) });
    expect(dry.output).toContain(`+++ ${name}\n@@ `);
    expect(dry.output).toContain("+++ migrations/0001_edge_outbox.sql\n+-- The storage of the outbox.");
    const refused = await runInit(app, "", { answer: false });
    expect(refused.output).toMatch(/Write this\? \[y\/N\] \nNothing was written\.$/);
    expect(app.files()).toEqual({ [name]: text });
    expect((await runInit(app, "", { answer: true })).output).toContain("Written: ");
    expect(app.config(name)).toEqual({ ...SHOP, ...ADDED });
  });

  test("a second run changes nothing, and says so", async () => {
    app.write(name, text);
    await runInit(app, "--yes");
    const before = app.files();
    const { exitCode, output } = await runInit(app, "--yes");
    expect(exitCode).toBe(0);
    expect(output).toContain("Nothing to add: all that the outbox needs is there.");
    expect(app.files()).toEqual(before);
  });

  test.each([
    ["lines that end as on Windows", text.replaceAll("\n", "\r\n")],
    ["a byte order mark", `\uFEFF${text}`],
    ["no end of its last line", text.trimEnd()],
  ])("with %s keeps them", async (_, as) => {
    app.write(name, as);
    await runInit(app, "--yes");
    const after = app.read(name);
    expect(app.config(name)).toEqual({ ...SHOP, ...ADDED });
    expect(isWithin(as, after)).toBe(true);
    expect(after.startsWith("\uFEFF")).toBe(as.startsWith("\uFEFF"));
    if (as.includes("\r\n")) expect(after.replaceAll("\r\n", "")).not.toContain("\n");
  });

  test("a part taken out by hand comes back, and nothing else", async () => {
    app.write(name, text);
    await runInit(app, "--yes");
    const whole = app.config(name);
    const lacking = { ...whole, send_email: [], triggers: { crons: ["0 5 * * *"] } };
    app.write("wrangler.json", JSON.stringify(lacking, null, 2));
    await runInit(app, "--yes --config wrangler.json");
    expect(app.config("wrangler.json")).toEqual({
      ...whole,
      triggers: { crons: ["0 5 * * *", "* * * * *"] },
    });
  });
});

test("additions to TOML are marked by comments, and stand at the end", async () => {
  app.write("wrangler.toml", TOML);
  await runInit(app, "--yes");
  const flags =
    'compatibility_date = "2025-10-01"\ncompatibility_flags = ["nodejs_compat", "global_fetch_strictly_public", "queue_consumer_no_wait_for_wait_until"]\n';
  const start = TOML.replace('compatibility_date = "2025-10-01"\n', flags);
  const block = `
[[d1_databases]]
binding = "DB"
database_name = "shop-db"
migrations_dir = "migrations"

# Relays what was committed, one for each tenant.
[[durable_objects.bindings]]
name = "RELAY"
class_name = "TenantRelay"
`;
  expect(app.read("wrangler.toml").slice(0, start.length + block.length)).toBe(start + block);
});

describe("the flags", () => {
  const [PUBLIC = "", NO_WAIT = ""] = FLAGS;
  test.each([
    ["2026-08-04", "", FLAGS],
    ["2026-08-03", "", ["nodejs_compat", ...FLAGS]],
    ["2024-09-23", 'compatibility_flags = ["nodejs_als"]\n', ["nodejs_als", "nodejs_compat", ...FLAGS]],
    ["2024-09-23", 'compatibility_flags = [\n  "nodejs_compat", # mine\n]\n', ["nodejs_compat", ...FLAGS]],
    ["2024-09-23", 'compatibility_flags = ["nodejs_compat_v2"]\n', ["nodejs_compat_v2", ...FLAGS]],
    ["2026-08-04", `compatibility_flags = ["${PUBLIC}"]\n`, FLAGS],
    ["2026-08-04", `compatibility_flags = ["${NO_WAIT}"]\n`, [NO_WAIT, PUBLIC]],
    ["2026-08-04", `compatibility_flags = ["${PUBLIC}", "${NO_WAIT}"]\n`, FLAGS],
  ])("are added where they are missing, and their effects are told: %s %j", async (date, flags, expected) => {
    app.write(
      "wrangler.toml",
      TOML.replace(/compatibility_date.*\n/, `compatibility_date = "${date}"\n${flags}`),
    );
    const { output } = await runInit(app, "--yes");
    expect(app.config("wrangler.toml")["compatibility_flags"]).toEqual(expected);
    expect(output.includes(`! With ${PUBLIC} every fetch`)).toBe(!flags.includes(PUBLIC));
    expect(output.includes(`! With ${NO_WAIT} every batch`)).toBe(!flags.includes(NO_WAIT));
  });

  test("stand beside those of an environment that has its own", async () => {
    app.write("wrangler.toml", `${TOML}\n[env.live]\ncompatibility_flags = ["nodejs_als"]\n`);
    await runInit(app, "--yes --env live");
    expect(app.config("wrangler.toml")["env"]).toMatchObject({
      live: { compatibility_flags: ["nodejs_als", "nodejs_compat", ...FLAGS] },
    });
  });

  test("are not asked of a Worker that sends nothing", async () => {
    for (const flags of ["--sidecar", "--inbox"]) {
      app.write("wrangler.toml", TOML);
      await runInit(app, `--yes ${flags}`);
      expect(app.read("wrangler.toml")).not.toMatch(/global_fetch|queue_consumer|limits/);
    }
  });
});

describe("the limits of the plan", () => {
  test.each([
    ["[limits]\ncpu_ms = 50000\n", { cpu_ms: 50_000, subrequests: 10_000 }, undefined],
    ["[limits]\nsubrequests = 20000\n", { cpu_ms: 30_000, subrequests: 20_000 }, undefined],
    [
      "[limits]\ncpu_ms = 100\n",
      { cpu_ms: 100, subrequests: 10_000 },
      "limits.cpu_ms in wrangler.toml should be at least 30000, with which the outbox reckons: it is 100.",
    ],
  ])("already there stay: %j", async (there, expected, note) => {
    app.write("wrangler.toml", TOML + there);
    const { output } = await runInit(app, "--yes");
    expect(app.config("wrangler.toml")["limits"]).toEqual(expected);
    if (note === undefined) expect(output).not.toContain("limits.");
    else expect(output).toContain(`! ${note}`);
  });
});

describe("a configuration of drizzle-kit", () => {
  const line = '  tablesFilter: ["!outbox_*"],';
  test.each([
    ["drizzle.config.ts", 'export default { dialect: "sqlite" };', line],
    ["drizzle.config.json", '{ "dialect": "sqlite" }', '  "tablesFilter": ["!outbox_*"],'],
    ["drizzle.prod.config.ts", "export default {};", line],
    ["drizzle-d1.config.ts", "export default {};", line],
    ["drizzle.config.remote.ts", "export default {};", line],
    ["drizzle.config.ts", 'export default {\n  // tablesFilter: ["!outbox_*"],\n};', line],
    ["drizzle.config.ts", '/*\n * tablesFilter: ["!outbox_*"],\n */\nexport default {};', line],
  ])("is told the line without which push drops the outbox's tables: %s %s", async (name, text, expected) => {
    app.write("wrangler.toml", TOML);
    app.write(name, text);
    const told = `Add this to ${name}, or \`drizzle-kit push\` drops the outbox's tables, and all that is in them:\n\n${expected}\n`;
    for (const mode of ["", "--inbox"]) expect((await runInit(app, `--yes ${mode}`)).output).toContain(told);
    expect(app.read(name)).toBe(text);
  });

  test.each([
    ["drizzle.config.mjs", 'export default { tablesFilter: ["!other_*"] };'],
    ["drizzle.config.json", '{ "tablesFilter": ["orders"] }'],
  ])("with a filter is told the entry to add to it: %s %s", async (name, text) => {
    app.write("wrangler.toml", TOML);
    app.write(name, text);
    const { output } = await runInit(app, "--yes");
    expect(output).toContain(
      `Add "!outbox_*" to the tablesFilter in ${name}, unless it lists your own tables alone, or`,
    );
  });

  test("is not told it when it has it, nor where there is none", async () => {
    app.write("wrangler.toml", TOML);
    expect((await runInit(app, "--yes")).output).not.toContain("drizzle-kit");
    app.write("drizzle.config.ts", "export default { tablesFilter: ['!outbox_*', \"!d1_*\"] };");
    expect((await runInit(app, "--yes")).output).not.toContain("drizzle-kit");
  });

  test("is found beside the Worker's, and where init runs", async () => {
    app.write("api/wrangler.toml", TOML);
    for (const place of ["", "api/"]) app.write(`${place}drizzle.config.ts`, "export default {};");
    const { output } = await runInit(app, "--yes --config api/wrangler.toml");
    expect(output).toContain("Add this to drizzle.config.ts, or");
    expect(output).toContain("Add this to api/drizzle.config.ts, or");
  });

  test("is called by its way from where init runs", async () => {
    app.write("wrangler.toml", TOML);
    app.write("drizzle.config.ts", "export default {};");
    app.write("tools/package.json", "{}");
    const { output } = await runInit(app, "--yes --config ../wrangler.toml", { folder: "tools" });
    expect(output).toContain("Add this to ../drizzle.config.ts, or");
  });
});

describe("the migrations", () => {
  const withDatabase = (more = "") => `${TOML}\n[[d1_databases]]\nbinding = "DB"\n${more}`;
  const sqlFiles = () => Object.keys(app.files()).filter((name) => name.endsWith(".sql"));

  test.each([
    [["0007_x.sql", "0003_y.sql", "notes.sql"], "0008_edge_outbox.sql"],
    [["001_x.sql"], "002_edge_outbox.sql"],
    [["20251001120000_x.sql"], "20251001120001_edge_outbox.sql"],
    [["9999_x.sql"], "10000_edge_outbox.sql"],
    [[], "0001_edge_outbox.sql"],
  ])("of an app that has %j: ours is %s", async (theirs, expected) => {
    app.write("wrangler.toml", withDatabase('migrations_dir = "./db/own"\n'));
    for (const name of theirs) app.write(`db/own/${name}`, "SELECT 1;\n");
    await runInit(app, "--yes");
    expect(sqlFiles()).toEqual([...theirs, expected].map((name) => `db/own/${name}`).toSorted());
  });

  test("is there already under another number, and stays there, whatever its lines end in", async () => {
    app.write("wrangler.toml", withDatabase());
    app.write("migrations/0003_edge_outbox.sql", ours("0001_edge_outbox.sql").replaceAll("\n", "\r\n"));
    const { output } = await runInit(app, "--yes");
    expect(sqlFiles()).toEqual(["migrations/0003_edge_outbox.sql"]);
    expect(output).not.toContain("stays as it is");
  });

  test("with another text stays as it is, and that is said", async () => {
    app.write("wrangler.toml", withDatabase());
    app.write("migrations/0003_edge_outbox.sql", "-- mine\n");
    const { output } = await runInit(app, "--yes");
    expect(output).toContain(
      "migrations/0003_edge_outbox.sql is not as this version brings it, and stays as it is.",
    );
    expect(app.read("migrations/0003_edge_outbox.sql")).toBe("-- mine\n");
  });

  test("a name that only ends like ours is another", async () => {
    app.write("wrangler.toml", withDatabase());
    app.write("migrations/0001_before_edge_outbox.sql", "SELECT 1;\n");
    await runInit(app, "--yes");
    expect(sqlFiles()).toEqual(["migrations/0001_before_edge_outbox.sql", "migrations/0002_edge_outbox.sql"]);
  });

  test("has a folder of its own where the app's have, as drizzle makes them", async () => {
    app.write(
      "wrangler.toml",
      withDatabase('migrations_dir = "./drizzle"\nmigrations_pattern = "drizzle/*/migration.sql"\n'),
    );
    app.write("drizzle/20251001120000_first/migration.sql", "SELECT 1;\n");
    await runInit(app, "--yes");
    expect(sqlFiles()).toContain("drizzle/20251001120001_edge_outbox/migration.sql");
    expect((await runInit(app, "--yes")).output).toContain("Nothing to add");
  });

  test("is not written where wrangler would not find it", async () => {
    app.write("wrangler.toml", withDatabase('migrations_dir = "db"\nmigrations_pattern = "db/up-*.sql"\n'));
    const { exitCode, output } = await runInit(app, "--yes");
    expect(exitCode).toBe(1);
    expect(output).toContain('migrations_pattern "db/up-*.sql", which init does not know');
  });

  test("of a newer version of the package are added, and no other", async () => {
    const own = new AppFolder();
    own.write("migrations/0001_edge_outbox.sql", "-- one\n");
    app.write("wrangler.toml", withDatabase());
    app.write("migrations/0004_x.sql", "SELECT 1;\n");
    await runInit(app, "--yes", { packageRoot: own.root });
    app.write("migrations/0006_y.sql", "SELECT 1;\n");
    own.write("migrations/0002_edge_outbox_more.sql", "-- two\n");
    own.write("migrations/0003_edge_outbox_most.sql", "-- three\n");
    await runInit(app, "--yes", { packageRoot: own.root });
    own.remove();
    const { "wrangler.toml": _, ...migrations } = app.files();
    expect(migrations).toEqual({
      "migrations/0004_x.sql": "SELECT 1;\n",
      "migrations/0005_edge_outbox.sql": "-- one\n",
      "migrations/0006_y.sql": "SELECT 1;\n",
      "migrations/0007_edge_outbox_more.sql": "-- two\n",
      "migrations/0008_edge_outbox_most.sql": "-- three\n",
    });
  });

  test("of this package have names that do not change, each its own", () => {
    const names = readdirSync(MIGRATIONS)
      .filter((file) => file.endsWith(".sql"))
      .map((file) => file.replace(/^\d+_/, ""));
    expect(names).toContain("edge_outbox.sql");
    expect(new Set(names).size).toBe(names.length);
  });
});

test("additions are green in a terminal, and have no colours elsewhere", () => {
  const changes = [{ path: "/app/wrangler.toml", before: "a = 1\r\n", after: "a = 1\r\nb = 2\r\n" }];
  const plain = "--- wrangler.toml\n+++ wrangler.toml\n@@ -1,1 +1,2 @@\n a = 1\n+b = 2";
  expect(showChanges("/app", changes, { colours: false })).toBe(plain);
  const coloured = showChanges("/app", changes, { colours: true });
  expect(coloured).toContain("\u001B[32m+b = 2\u001B[0m");
  expect(stripVTControlCharacters(coloured)).toBe(plain);
});
