import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { event } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { deleteEndpoint, disableEndpoint, enableEndpoint } from "../../src/registry/endpoints.ts";
import { selectOverdueTenants } from "../../src/upkeep/statements.ts";
import { type OverdueTenant, sweep } from "../../src/upkeep/sweep.ts";
import { countingDb } from "../support/database/counting-db.ts";
import { emptyDatabase } from "../support/database/empty-database.ts";
import { deliveriesOf, statesOf } from "../support/database/rows.ts";
import { World } from "../support/world.ts";

let world: World;

beforeEach(async () => {
  await emptyDatabase();
  world = new World(env.DB);
});

async function overdueTenant(): Promise<{ tenant: string; endpoint: string }> {
  const tenant = await world.createTenant();
  const endpoint = await world.createEndpoint(tenant);
  await world.commit(tenant, { messages: [event("a", 1)] });
  world.alarms.clear();
  return { tenant, endpoint };
}

const later = () => {
  world.now += limits.sweepGraceMs + 1;
};

describe("the sweep", () => {
  test("wakes every tenant that has something overdue, and nobody else", async () => {
    const tenants = [await overdueTenant(), await overdueTenant()].map(({ tenant }) => tenant);
    await world.createEndpoint(await world.createTenant());
    later();
    await world.sweep();
    expect([...world.alarms.keys()].toSorted()).toEqual(tenants.toSorted());
    for (const tenant of tenants) {
      await world.runUntilIdle(tenant);
      expect(await statesOf(tenant)).toEqual(["delivered"]);
    }
  });

  test("leaves alone what became due a moment ago: the relay is about to do it", async () => {
    await overdueTenant();
    world.now += limits.sweepGraceMs;
    await world.sweep();
    expect(world.alarms.size).toBe(0);
    world.now += 1;
    await world.sweep();
    expect(world.alarms.size).toBe(1);
  });

  test("counts a delivery as late from when its key let it go, and not for the time it stood in line", async () => {
    const { tenant } = await overdueTenant();
    await world.commit(tenant, {
      messages: [event("a", 2, { orderingKey: "k" }), event("a", 3, { orderingKey: "k" })],
    });
    const [, head, next] = await deliveriesOf(tenant);
    expect([head?.behind, next?.behind]).toEqual([0, 1]);
    world.now += 3600_000;
    const released = world.now;
    // As a consumer does that has been at work all the while.
    await env.DB.prepare(
      "UPDATE outbox_deliveries SET state = 'delivered', due_at = NULL, settled_at = ?1, blocks = 0 WHERE tenant_id = ?2 AND seq <= 2",
    )
      .bind(released, tenant)
      .run();
    later();
    await world.sweep();
    expect(world.alarms.has(tenant)).toBe(true);
    world.now += limits.lateMs;
    await world.sweep();
    const report = await env.DB.prepare("SELECT overdue, oldest_due_at FROM outbox_sweep").first();
    expect(report).toEqual({ overdue: 1, oldest_due_at: released });
  });

  test("does not wake anybody for a disabled endpoint; enabled again, it does", async () => {
    const { tenant, endpoint } = await overdueTenant();
    await disableEndpoint(world.registryTools(), tenant, endpoint);
    later();
    await world.sweep();
    expect(world.alarms.size).toBe(0);
    await enableEndpoint({ ...world.registryTools(), wake: () => {} }, tenant, endpoint);
    await world.sweep();
    expect(world.alarms.has(tenant)).toBe(true);
  });

  test("wakes for a deleted endpoint, whose deliveries are to be cancelled", async () => {
    const { tenant, endpoint } = await overdueTenant();
    await deleteEndpoint({ ...world.registryTools(), wake: () => {} }, tenant, endpoint);
    later();
    await world.sweep();
    await world.runUntilIdle(tenant);
    expect(await statesOf(tenant)).toEqual(["cancelled"]);
  });

  test("names the longest overdue first", async () => {
    const first = await overdueTenant();
    world.now += 5_000;
    await overdueTenant();
    later();
    const overdue = (await selectOverdueTenants(env.DB, world.now, 1).all()).results;
    expect(overdue).toMatchObject([
      { tenant_id: first.tenant, due_at: world.now - 5_000 - limits.sweepGraceMs - 1 },
    ]);
  });

  test("reads rows in proportion to the tenants, not to their backlogs", async () => {
    const { tenant } = await overdueTenant();
    const readNow = async () => {
      const { db, bill } = countingDb(env.DB);
      await selectOverdueTenants(db, world.now + 1, 10).all();
      return bill.rowsRead;
    };
    const before = await readNow();
    for (let n = 0; n < 10; n++) {
      await world.commit(tenant, { messages: Array.from({ length: 100 }, () => event("a", 1)) });
    }
    expect(await readNow()).toBe(before);
  });

  test("never throws: when D1 is away, the next minute's sweep will do", async () => {
    const away = {
      prepare: () => {
        throw new Error("D1 is away");
      },
      batch: () => Promise.reject(new Error()),
    };
    await world.sweep({ step: (_, act) => act(), db: () => away });
    expect(world.events).toContainEqual({ event: "sweep.failed", error: "Error: D1 is away" });
  });
});

describe("relays that do not answer", () => {
  const NEVER = new Promise<never>(() => {});

  function tools() {
    const { clock, random, log } = world;
    return { clock, random, log, databaseMaxBytes: () => 1e10, systemEventsTenant: () => undefined };
  }

  /** So many tenants with something overdue. */
  async function overdueTenants(count: number): Promise<string[]> {
    const tenants: string[] = [];
    for (let n = 0; n < count; n++) tenants.push((await overdueTenant()).tenant);
    later();
    return tenants;
  }

  function sweepWith(callRelay: (tenantId: string) => Promise<void>): Promise<boolean> {
    return sweep({ ...tools(), db: env.DB, callRelay });
  }

  /** Ends every wait for an answer, as the passing of time does. */
  function timeOut(): void {
    const timers = [...world.timers];
    world.timers.clear();
    for (const act of timers) act();
  }

  test("hold up nobody: all the others are woken meanwhile", async () => {
    const tenants = await overdueTenants(2 * limits.wakesAtOnce);
    const silent = new Set(tenants.slice(0, limits.wakesAtOnce - 1));
    const woken = new Set<string>();
    const swept = sweepWith(async (tenant) => {
      if (silent.has(tenant)) return NEVER;
      woken.add(tenant);
    });
    await expect.poll(() => woken.size).toBe(tenants.length - silent.size);
    timeOut();
    await swept;
    expect(world.events).toContainEqual(
      expect.objectContaining({ event: "sweep.done", tenants: tenants.length, failed: silent.size }),
    );
    const { unreached } = world.events.find(({ event }) => event === "sweep.done") as {
      unreached?: string[];
    };
    expect(unreached).toHaveLength(10);
    expect(unreached?.filter((tenant) => !silent.has(tenant))).toEqual([]);
  });

  test("are given up on, so that those after them have their turn", async () => {
    const tenants = await overdueTenants(limits.wakesAtOnce + 5);
    const asked = new Set<string>();
    const swept = sweepWith((tenant) => {
      asked.add(tenant);
      return NEVER;
    });
    await expect.poll(() => asked.size).toBe(limits.wakesAtOnce);
    timeOut();
    await expect.poll(() => asked.size).toBe(tenants.length);
    timeOut();
    await swept;
  });

  test("do not eat up every sweep: it ends in time, and the next one begins elsewhere", async () => {
    const tenants = await overdueTenants(3 * limits.wakesAtOnce);
    const asked = new Set<string>();
    for (let minute = 0; minute < 8; minute++) {
      let calls = 0;
      const swept = sweepWith((tenant) => {
        asked.add(tenant);
        calls++;
        return NEVER;
      });
      // All of them wait, and D1 is not waited for any more.
      await expect.poll(() => [calls, world.timers.size]).toEqual([limits.wakesAtOnce, limits.wakesAtOnce]);
      world.now += limits.sweepMs;
      timeOut();
      await swept;
      world.now += limits.cronMs - limits.sweepMs;
    }
    expect(asked.size).toBe(tenants.length);
  });

  test("of more overdue tenants than one sweep wakes, each has its turn", async () => {
    const tenants = await overdueTenants(7);
    const seen = new Set<string>();
    for (const turn of [0, 0.3, 0.6, 0.9]) {
      const { results: found } = await selectOverdueTenants(env.DB, world.now, 3, {
        turn,
      }).all<OverdueTenant>();
      expect(found).toHaveLength(3);
      expect(found[0]).toMatchObject({ tenants: tenants.length });
      for (const { tenant_id } of found) seen.add(tenant_id);
    }
    expect(seen.size).toBe(tenants.length);
  });

  test("nor does a D1 that does not answer keep the cron busy", async () => {
    const statement = { bind: () => statement, all: () => NEVER } as never;
    const db = { prepare: () => statement, batch: () => NEVER };
    const swept = sweep({ ...tools(), db, callRelay: async () => {} });
    await expect.poll(() => world.timers.size).toBe(1);
    timeOut();
    await swept;
    expect(world.events).toContainEqual(expect.objectContaining({ event: "sweep.failed" }));
  });
});
