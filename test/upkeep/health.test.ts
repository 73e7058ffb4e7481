import { env } from "cloudflare:workers";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { event } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { KnownReport } from "../../src/upkeep/report.ts";
import { countingDb } from "../support/database/counting-db.ts";
import { newDatabase } from "../support/database/empty-database.ts";
import { apiWith } from "../support/worker/own-api.ts";
import { World } from "../support/world.ts";

let world: World;

beforeEach(async () => {
  await newDatabase();
  world = new World(env.DB);
  world.now = Date.now() + 1000;
});

// The next file is to find the trigger.
afterAll(newDatabase);

/** As an isolate that was never asked before answers. */
async function healthNow() {
  const storage = { gauge: world.gauge, maxBytes: world.databaseMaxBytes };
  const api = apiWith({ db: world.db, clock: world.clock, report: new KnownReport(), storage });
  const response = await api("/health");
  return { status: response.status, body: await response.json<Record<string, unknown>>() };
}

async function commitLate(lateMs: number): Promise<string> {
  const tenant = await world.createTenant();
  await world.createEndpoint(tenant);
  await world.commit(tenant, { messages: [event("a", 1)] });
  world.now += lateMs;
  await world.sweep();
  return tenant;
}

describe("GET /health", () => {
  test("is ok from the migration on, and after a sweep that found nothing", async () => {
    const fresh = await healthNow();
    expect(fresh).toMatchObject({
      status: 200,
      body: { status: "ok", overdue: 0, oldestDueAt: null, troubles: [] },
    });
    await world.sweep();
    expect(await healthNow()).toMatchObject({
      status: 200,
      body: {
        status: "ok",
        sweptAt: new Date(world.now).toISOString(),
        storage: { bytes: expect.any(Number), maxBytes: 1e10, level: "ok" },
      },
    });
  });

  test("tells what is late, and is 503 when it is late by five minutes", async () => {
    await commitLate(limits.lateMs + 1);
    const dueAt = world.now - limits.lateMs - 1;
    expect(await healthNow()).toMatchObject({
      status: 200,
      body: { status: "ok", overdue: 1, oldestDueAt: new Date(dueAt).toISOString() },
    });
    world.now = dueAt + limits.overdueMs + 1;
    await world.sweep();
    expect(await healthNow()).toMatchObject({
      status: 503,
      body: { status: "overdue", troubles: ["overdue"] },
    });
  });

  test("is 503 when the cron does not run", async () => {
    await world.sweep();
    world.now += limits.sweepMissedMs;
    expect(await healthNow()).toMatchObject({ status: 200 });
    world.now += 1;
    expect(await healthNow()).toMatchObject({ status: 503, body: { status: "unwatched" } });
  });

  test.each(["outbox_deliveries_free_next", "outbox_deliveries_wipe"])(
    "is 503 when the trigger %s is missing, and when the database is nearly full; it tells all that is wrong",
    async (trigger) => {
      await env.DB.prepare(`DROP TRIGGER ${trigger}`).run();
      const { meta } = await env.DB.prepare("SELECT 1").all();
      world.databaseMaxBytes = Math.floor(meta.size_after / limits.nearlyFullShare);
      await world.sweep();
      expect(await healthNow()).toMatchObject({
        status: 503,
        body: { status: "unsound", storage: { level: "nearly_full" }, troubles: ["unsound", "storage"] },
      });
    },
  );

  test("asks D1 for one row, once in ten seconds, however many tenants are busy and whoever asks", async () => {
    for (let n = 0; n < 20; n++) await commitLate(1);
    const { db, bill } = countingDb(env.DB);
    const api = apiWith({ db, clock: world.clock });
    for (let n = 0; n < 50; n++) {
      await api("/health");
      world.now += (limits.reportKeptMs / 50) * 0.9;
    }
    expect(bill).toMatchObject({ roundTrips: 1, rowsRead: 1 });
    world.now += limits.reportKeptMs;
    await api("/health");
    expect(bill).toMatchObject({ roundTrips: 2, rowsRead: 2 });
  });
});
