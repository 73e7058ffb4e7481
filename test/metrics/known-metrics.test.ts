import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import type { Database } from "../../src/db/database.ts";
import { KnownMetrics } from "../../src/metrics/known-metrics.ts";
import { metricLimits } from "../../src/metrics/metric-limits.ts";
import { countingDb } from "../support/database/counting-db.ts";
import { World } from "../support/world.ts";

let world: World;
let known: KnownMetrics;

beforeEach(() => {
  world = new World(env.DB);
  known = new KnownMetrics();
});

function read(db: Database, tenants: readonly string[] = []): Promise<string> {
  const { clock } = world;
  return known.read({ db, clock, seeThrough: (work) => work, storage: { maxBytes: 1e10 } }, tenants);
}

describe("an isolate's copy of the metrics", () => {
  test("is read once in ten seconds, and once for all who ask at the same time", async () => {
    const { db, bill } = countingDb(env.DB);
    const texts = await Promise.all([read(db), read(db), read(db)]);
    expect(new Set(texts).size).toBe(1);
    expect(bill.roundTrips).toBe(1);
    world.now += metricLimits.keptMs - 1;
    expect(await read(db)).toBe(texts[0]);
    expect(bill.roundTrips).toBe(1);
    world.now += 1;
    await read(db);
    expect(bill.roundTrips).toBe(2);
  });

  test("is one for the same tenants, in whatever order and however often they are named", async () => {
    const { db, bill } = countingDb(env.DB);
    const [one, other] = [await world.createTenant(), await world.createTenant()];
    const text = await read(db, [one, other]);
    expect(await read(db, [other, one, other])).toBe(text);
    expect(bill.roundTrips).toBe(1);
    expect(await read(db, [one])).not.toBe(text);
    expect(bill.roundTrips).toBe(2);
  });

  test("is read anew after D1 has failed, and after a reading that never ended", async () => {
    const failing: Database = {
      prepare: (query) => env.DB.prepare(query),
      batch: () => Promise.reject(new Error("D1_ERROR: Network connection lost.")),
    };
    await expect(read(failing)).rejects.toThrow("Network connection lost");
    const hanging: Database = { ...failing, batch: () => new Promise(() => undefined) };
    const first = expect(read(hanging)).rejects.toThrow("No answer within 10 s");
    const second = expect(read(env.DB)).rejects.toThrow("No answer within 10 s");
    expect(world.timers.size).toBe(2);
    for (const end of [...world.timers]) end();
    await Promise.all([first, second]);
    expect(await read(env.DB)).toContain("edge_outbox_build_info");
  });
});
