import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { nextTag } from "../../src/cli/init/want-relay.ts";
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

const producer = (queue?: string) => ({ queues: { producers: [{ binding: "WEBHOOK_QUEUE", queue }] } });

describe("the database", () => {
  test("is the only one, whatever its name, and the lines to paste say so", async () => {
    given(d1("SHOP"));
    const { output } = await runInit(app, "--yes");
    expect(config().d1_databases).toEqual([{ binding: "SHOP" }]);
    expect(output).toContain("    database: (env) => env.SHOP,\n");
    expect(output).toContain("npx wrangler d1 migrations apply SHOP --local");
  });

  test("is the one called DB, if there is one", async () => {
    given(d1("LOGS", "DB"));
    const { exitCode, output } = await runInit(app, "--yes");
    expect(exitCode).toBe(0);
    expect(output).not.toContain("database: (env)");
  });

  test("of several is for the user to name", async () => {
    given({ d1_databases: [{ binding: "SHOP", database_name: "shop-db" }, { binding: "LOGS" }] });
    await refuses("--yes", 2, "has several D1 databases: SHOP, LOGS.", "Name it with --database");
    await refuses("--yes --database DB", 2, "has no D1 database DB: it has SHOP, LOGS.");
    for (const name of ["SHOP", "shop-db"]) {
      expect((await runInit(app, `--database ${name}`)).output).toContain("your D1 database SHOP");
    }
  });

  test("can be a new one under a name that is asked for", async () => {
    given({ kv_namespaces: [{ binding: "DB", id: "1" }] });
    await refuses("--yes", 1, "DB in wrangler.json is taken (kv_namespaces)", "--database APP_DB");
    await runInit(app, "--yes --database APP_DB");
    expect(config().d1_databases).toEqual([
      { binding: "APP_DB", database_name: "shop-db", migrations_dir: "migrations" },
    ]);
  });
});

describe("the relay's class", () => {
  test.each([
    [["v1", "v2"], "v3"],
    [["v09"], "v10"],
    [["v1", "v3", "v2"], "v4"],
    [["2025-01"], "2025-02"],
    [["20251001"], "20251002"],
    [["first"], "v2"],
    [["v2", "first"], "v3"],
    [[], "v1"],
  ])("after the tags %j comes with the tag %s", (tags, expected) => {
    expect(nextTag(tags)).toBe(expected);
  });

  test("is not declared twice, and is declared again when it was deleted", async () => {
    const before = [
      { tag: "v1", new_sqlite_classes: ["Old"] },
      { tag: "v2", renamed_classes: [{ from: "Old", to: "TenantRelay" }] },
    ];
    given({ ...relay(), migrations: before });
    await runInit(app, "--yes");
    expect(config().migrations).toEqual(before);
    const deleted = [...before, { tag: "v3", deleted_classes: ["TenantRelay"] }];
    given({ ...relay(), migrations: deleted });
    await runInit(app, "--yes");
    expect(config().migrations).toEqual([...deleted, { tag: "v4", new_sqlite_classes: ["TenantRelay"] }]);
  });

  test("is exported where the app exports its own: wrangler takes migrations or exports", async () => {
    const room = { type: "durable-object", storage: "sqlite" };
    given({ exports: { Room: room } });
    await runInit(app, "--yes");
    expect(config().exports).toEqual({ Room: room, TenantRelay: room });
    expect(config().migrations).toBeUndefined();
  });
});

describe("a binding that points elsewhere is named, and nothing is written", () => {
  test.each([
    [
      "a class of another name",
      { durable_objects: { bindings: [{ name: "RELAY", class_name: "Other" }] } },
      "RELAY in wrangler.json is bound to Other of this Worker: the outbox needs it for TenantRelay of this Worker. Give your binding another name.",
    ],
    ["another Worker's relay", relay({ script_name: "outbox" }), "run init with --sidecar --script outbox"],
    [
      "the class under another name",
      { durable_objects: { bindings: [{ name: "R", class_name: "TenantRelay" }] } },
      "binds the class TenantRelay as R",
    ],
    ["a variable RELAY", { vars: { RELAY: "x" } }, "RELAY in wrangler.json is taken (vars)"],
    ["a variable API_RATE", { vars: { API_RATE: "6000" } }, "API_RATE in wrangler.json is taken (vars)"],
    ["a variable EMAIL", { vars: { EMAIL: "a@b.c" } }, "EMAIL in wrangler.json is taken (vars)"],
    [
      "a bucket of a queue's name",
      { r2_buckets: [{ binding: "EMAIL_QUEUE" }] },
      "EMAIL_QUEUE in wrangler.json is taken (r2_buckets)",
    ],
    [
      "a queue whose name tells no channel",
      producer("jobs"),
      "WEBHOOK_QUEUE in wrangler.json sends to the queue jobs: the outbox tells its queues by their names, and this one's must end in -webhook",
    ],
    ["a queue without a name", producer(), "WEBHOOK_QUEUE in wrangler.json names no queue"],
    [
      "a consumer that pulls",
      {
        queues: {
          producers: [{ binding: "WEBHOOK_QUEUE", queue: "a-webhook" }],
          consumers: [{ queue: "a-webhook", type: "http_pull" }],
        },
      },
      "The consumer of a-webhook in wrangler.json is http_pull",
    ],
    ["no main", { main: undefined }, 'has no "main"'],
    ["a project of Pages", { main: undefined, pages_build_output_dir: "dist" }, "run init with --sidecar"],
    ["no compatibility date", { compatibility_date: undefined }, "has no compatibility_date: add today's"],
    [
      "a compatibility date before Node's modules",
      { compatibility_date: "2024-09-22" },
      "the outbox runs from 2024-09-23 on",
    ],
    [
      "a flag that takes Node's modules away",
      { compatibility_flags: ["no_nodejs_compat"] },
      "The flag no_nodejs_compat in wrangler.json",
    ],
    [
      "a flag that sends webhooks past the front door of one's own zone",
      { compatibility_flags: ["global_fetch_private_origin"] },
      "The flag global_fetch_private_origin in wrangler.json sends webhooks",
    ],
    [
      "a flag that acknowledges a batch only after waitUntil",
      { compatibility_flags: ["queue_consumer_wait_for_wait_until"] },
      "The flag queue_consumer_wait_for_wait_until in wrangler.json lets a receiver that hangs hold up the other tenants of its queue for the whole of its timeout: take the flag away, or let a Worker of its own relay",
    ],
  ])("%s", async (_, has, words) => {
    given(has);
    await refuses("--yes", 1, words, "Nothing was written. Put this right, and run init again.");
  });

  test("all of it at once", async () => {
    given({ vars: { EMAIL: "", RELAY: "" } });
    await refuses("--yes", 1, "- RELAY", "- EMAIL");
  });
});

describe("queues and crons that the app has", () => {
  test("stay its own: ours get other names, and the lines to paste tell them apart", async () => {
    given({
      queues: {
        producers: [{ binding: "MINE", queue: "shop-email" }],
        consumers: [{ queue: "shop-webhook" }],
      },
      triggers: { crons: ["0 5 * * *"] },
    });
    const { output } = await runInit(app, "--yes");
    const { producers, consumers } = config().queues;
    const names = ["shop-outbox-webhook", "shop-outbox-email", "shop-handler"];
    expect(producers.map(({ queue }: { queue: string }) => queue)).toEqual(["shop-email", ...names]);
    expect(consumers.map(({ queue }: { queue: string }) => queue)).toEqual(["shop-webhook", ...names]);
    expect(config().triggers).toEqual({ crons: ["0 5 * * *", "* * * * *"] });
    expect(output).toContain(
      '["shop-outbox-webhook", "shop-outbox-email", "shop-handler"].includes(batch.queue)',
    );
    expect(output).toContain('controller.cron === "* * * * *"\n');
    expect(output).toContain('! Your crons and the outbox\'s call the same "scheduled"');
    const again = await runInit(app, "--yes");
    expect(again.output).toContain("Nothing to add");
    expect(again.output).not.toContain("! ");
  });

  test("an environment that has the top level's cron, the outbox's own, is warned of nothing", async () => {
    given({ env: { staging: {} } });
    await runInit(app, "--yes");
    const { output } = await runInit(app, "--env staging --yes");
    expect(output).not.toContain("Your crons");
    expect(config().env.staging).toHaveProperty("durable_objects");
  });

  test("a queue that the outbox has stays, and its name", async () => {
    given(producer("old-webhook"));
    await runInit(app, "--yes");
    expect(config().queues.producers[0]).toEqual({ binding: "WEBHOOK_QUEUE", queue: "old-webhook" });
    expect(config().queues.consumers[0]).toMatchObject({ queue: "old-webhook", max_batch_size: 2 });
  });

  test("a consumer with batches that are too large stays, and that is said", async () => {
    given({
      queues: {
        producers: [{ binding: "EMAIL_QUEUE", queue: "a-email" }],
        consumers: [{ queue: "a-email" }],
      },
    });
    const { output } = await runInit(app, "--yes");
    expect(output).toContain("! The consumer of a-email in wrangler.json should have max_batch_size = 2");
    expect(config().queues.consumers[0]).toEqual({ queue: "a-email" });
  });

  test("a cron of every minute that the app has calls both", async () => {
    given({ triggers: { crons: ["* * * * *"] } });
    expect((await runInit(app, "--yes")).output).toContain('at "* * * * *", which you have, call both');
    expect(config().triggers).toEqual({ crons: ["* * * * *"] });
  });

  test("an EMAIL that may send to one address only is told of", async () => {
    given({ send_email: [{ name: "EMAIL", destination_address: "me@example.com" }] });
    expect((await runInit(app, "--yes")).output).toContain(
      "! EMAIL in wrangler.json has destination_address",
    );
  });
});

describe("the rate limits", () => {
  const limit = (name: string, namespace_id: string | number) => ({
    name,
    namespace_id,
    simple: { limit: 10, period: 10 },
  });

  test("count in namespaces of their own, beside the app's and in each environment", async () => {
    given({
      ratelimits: [limit("MINE", "1001")],
      env: { staging: { name: "shop-staging", ratelimits: [limit("MINE", 1003)] } },
    });
    await runInit(app, "--yes");
    expect(config().ratelimits).toMatchObject([
      { name: "MINE", namespace_id: "1001" },
      { name: "API_RATE", namespace_id: "1002" },
      { name: "ADDRESS_RATE", namespace_id: "1004" },
    ]);
    await runInit(app, "--yes --env staging");
    expect(config().env.staging.ratelimits).toMatchObject([
      { name: "MINE", namespace_id: 1003 },
      { name: "API_RATE", namespace_id: "1005" },
      { name: "ADDRESS_RATE", namespace_id: "1006" },
    ]);
  });

  test("already there stay as they are", async () => {
    const ours = [limit("ADDRESS_RATE", "7"), limit("API_RATE", "8")];
    given({ ratelimits: ours });
    await runInit(app, "--yes");
    expect(config().ratelimits).toEqual(ours);
  });
});
