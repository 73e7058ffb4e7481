import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import type { Database } from "../../src/db/database.ts";
import { JOBS } from "../../src/domain/jobs.ts";
import { event } from "../../src/outbox/message.ts";
import { KnownReport } from "../../src/upkeep/report.ts";
import { runJobs } from "../../src/upkeep/run-jobs.ts";
import { countingDb } from "../support/database/counting-db.ts";
import { newDatabase } from "../support/database/empty-database.ts";
import { vaultWith } from "../support/secrets/vaults.ts";
import { World } from "../support/world.ts";

let world: World;

beforeEach(async () => {
  await newDatabase();
  world = new World(env.DB);
});

const RETENTION = { retentionMs: 1e9, deadRetentionMs: 1e9, leastRetentionMs: 1e9, databaseMaxBytes: 1e10 };

function run(db: Database): Promise<void> {
  const { clock, random, log } = world;
  return runJobs({
    db,
    clock,
    random,
    log,
    systemEventsTenant: () => undefined,
    callRelay: async () => undefined,
    databaseMaxBytes: () => 1e10,
    retentionOf: () => RETENTION,
    vaultOf: () => vaultWith("k1"),
  });
}

/** The database, of which statements that contain a text fail. */
function failingAt(text: string): Database {
  return {
    prepare: (query) => {
      if (query.includes(text)) throw new Error("D1_ERROR: Network connection lost.");
      return env.DB.prepare(query);
    },
    batch: (statements) => env.DB.batch(statements),
  };
}

const jobsNow = async () => (await new KnownReport().read(env.DB, world.now)).jobs;

describe("the heartbeat of the cron", () => {
  test("tells of each job when it last ended well", async () => {
    expect(await jobsNow()).toEqual({});
    await run(env.DB);
    const first = world.now;
    expect(await jobsNow()).toEqual(Object.fromEntries(JOBS.map((job) => [job, first])));
    world.now += 60_000;
    await run(env.DB);
    expect(await jobsNow()).toEqual(Object.fromEntries(JOBS.map((job) => [job, first + 60_000])));
  });

  test.each([
    ["sweep", "overdue AS MATERIALIZED"],
    ["repair", "SELECT repair_after"],
    ["purge", "purge_at <= ?1"],
    ["reseal", "outbox_endpoints_sealed"],
  ] as const)(
    "keeps the instant of before for a job that fails, and holds up no other: %s",
    async (job, text) => {
      await run(env.DB);
      const before = world.now;
      world.now += 60_000;
      await run(failingAt(text));
      const expected = Object.fromEntries(JOBS.map((name) => [name, name === job ? before : world.now]));
      expect(await jobsNow()).toEqual(expected);
    },
  );

  test("keeps the instant of the purge when a step of it failed", async () => {
    await world.createTenant();
    await run(failingAt("count(*) AS messages, max(seq) AS last"));
    const { purge, ...others } = await jobsNow();
    expect(purge).toBeUndefined();
    expect(Object.keys(others)).toHaveLength(JOBS.length - 1);
  });

  test("is one row a minute, and a heartbeat that cannot be written breaks no job", async () => {
    const tenant = await world.createTenant();
    await world.createEndpoint(tenant);
    await world.commit(tenant, { messages: [event("a", 1)] });
    await run(env.DB);
    const [with_, without] = [countingDb(env.DB), countingDb(failingAt("json_patch"))];
    await run(with_.db);
    world.events.length = 0;
    await run(without.db);
    expect(with_.bill.rowsWritten - without.bill.rowsWritten).toBe(1);
    expect(world.events.filter(({ event: name }) => name === "cron.record_failed")).toHaveLength(1);
    expect(world.events.filter(({ event: name }) => name === "sweep.done")).toHaveLength(1);
  });
});
