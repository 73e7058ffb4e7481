import { env } from "cloudflare:workers";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { event } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { KnownReport } from "../../src/upkeep/report.ts";
import { newDatabase } from "../support/database/empty-database.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { statesOf } from "../support/database/rows.ts";
import { World } from "../support/world.ts";

let world: World;
let tenant: string;
let trigger: string;

beforeEach(async () => {
  await newDatabase();
  world = new World(env.DB);
  tenant = await world.createTenant();
  await world.createEndpoint(tenant);
  const row = await env.DB.prepare("SELECT sql FROM sqlite_master WHERE type = 'trigger'").first<{
    sql: string;
  }>();
  trigger = row?.sql ?? "";
});

// The next file is to find the trigger.
afterAll(newDatabase);

const soundNow = async () => {
  await world.sweep();
  return (await new KnownReport().read(env.DB, world.now)).sound;
};

/** Two deliveries of each key: the first is settled while there is no trigger, so that nothing frees the second. */
async function stick(keys: number): Promise<void> {
  for (let from = 0; from < keys; from += 50) {
    const names = Array.from({ length: Math.min(50, keys - from) }, (_, n) => `key-${from + n}`);
    const messages = [...names, ...names].map((orderingKey) => event("a", 1, { orderingKey }));
    await world.commit(tenant, { messages });
  }
  await env.DB.prepare("DROP TRIGGER outbox_deliveries_free_next").run();
  await env.DB.prepare(`
    UPDATE outbox_deliveries SET state = 'cancelled', due_at = NULL, settled_at = 0, blocks = 0
    WHERE tenant_id = ?1 AND behind = 0`)
    .bind(tenant)
    .run();
}

describe("the trigger that frees the next of a key", () => {
  test("is looked for by the sweep", async () => {
    expect(await soundNow()).toBe(true);
    await env.DB.prepare("DROP TRIGGER outbox_deliveries_free_next").run();
    world.now += 1;
    expect(await soundNow()).toBe(false);
    await env.DB.prepare(trigger).run();
    world.now += 1;
    expect(await soundNow()).toBe(true);
  });
});

describe("keys that stick", () => {
  test("are found, freed and delivered", async () => {
    await stick(3);
    await expect(checkInvariants(env.DB, tenant)).rejects.toThrow();
    await env.DB.prepare(trigger).run();
    await world.repair();
    await checkInvariants(env.DB, tenant);
    const repaired = world.events.filter(({ event }) => event === "key.repaired");
    expect(repaired).toHaveLength(3);
    await world.runUntilIdle(tenant);
    expect((await statesOf(tenant)).toSorted()).toEqual([
      ...Array(3).fill("cancelled"),
      ...Array(3).fill("delivered"),
    ]);
  });

  test("are found a bounded number at a time, and in the end all of them", async () => {
    await stick(limits.keysPerRepair + 100);
    await world.repair();
    expect(world.events.filter(({ event }) => event === "key.repaired")).toHaveLength(limits.keysPerRepair);
    await world.repair();
    expect(world.events.filter(({ event }) => event === "key.repaired")).toHaveLength(
      limits.keysPerRepair + 100,
    );
    await env.DB.prepare(trigger).run();
    await checkInvariants(env.DB, tenant);
    await world.repair();
    expect(world.events.filter(({ event }) => event === "key.repaired")).toHaveLength(
      limits.keysPerRepair + 100,
    );
  });

  test("are told from those that wait for an earlier one", async () => {
    const keyed = () => event("a", 1, { orderingKey: "k" });
    await world.commit(tenant, { messages: [keyed(), keyed(), keyed()] });
    await world.repair();
    await checkInvariants(env.DB, tenant);
    expect(world.events.filter(({ event }) => event === "key.repaired")).toEqual([]);
  });
});
