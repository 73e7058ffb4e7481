import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { event } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { checkInvariants } from "../support/invariants.ts";
import { immortal, MortalLife } from "../support/life.ts";
import { deliveriesOf, statesOf } from "../support/rows.ts";
import { ACCEPTED, World } from "../support/world.ts";

const NEVER = new Promise<never>(() => {});
const POISON = '"poison"';
let world: World;
let tenant: string;

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
  await world.createEndpoint(tenant);
});

afterEach(() => checkInvariants(env.DB, tenant));

const commit = (...payloads: unknown[]) =>
  world.commit(tenant, { messages: payloads.map((payload) => event("a", payload)) });
const poisonRow = async () => {
  const rows = await deliveriesOf(tenant);
  return rows.find(({ seq }) => seq === 2);
};

/** Relay and consumers, until nothing is left: whoever tries the poison dies, with all it had in hand. */
async function runWithDeaths(turns = 60): Promise<number> {
  let deaths = 0;
  for (let turn = 0; turn < turns; turn++) {
    const at = world.alarms.get(tenant);
    if (at === undefined && world.queued.length === 0) return deaths;
    if (at !== undefined) {
      world.now = Math.max(world.now, at);
      await world.ring(tenant);
    }
    // As the queue hands them out: so many tasks to a consumer.
    while (world.queued.length > 0) {
      const life = new MortalLife(Number.POSITIVE_INFINITY, "before");
      world.answer = ({ payload }) => {
        if (payload !== POISON) return ACCEPTED;
        life.kill();
        return NEVER;
      };
      const tasks = world.queued.splice(0, limits.tasksPerInvocation);
      await Promise.race([world.consume(life, tasks), life.death]);
      if (life.isDead) deaths++;
    }
  }
  throw new Error("still busy");
}

describe("a delivery that kills its consumer", () => {
  test("is isolated, then dead with that reason; what shared its task is delivered", async () => {
    await commit(1, "poison", ...Array.from({ length: 40 }, (_, n) => n));
    const deaths = await runWithDeaths();
    expect(await poisonRow()).toMatchObject({ state: "dead", reason: "poison", attempts: 0 });
    const others = (await deliveriesOf(tenant)).filter(({ seq }) => seq !== 2);
    expect(new Set(others.map(({ state }) => state))).toEqual(new Set(["delivered"]));
    expect(deaths).toBe(limits.claimsUnsuspected + limits.poisonStarts);
    expect(world.events).toContainEqual(
      expect.objectContaining({ event: "delivery.poisoned", sequence: 2, starts: limits.poisonStarts }),
    );
  });

  test("leaves no doubt which it was: a suspect that is handed out with it is tried before or after, not beside it", async () => {
    await commit(1, "poison", 3, 4);
    await env.DB.prepare("UPDATE outbox_deliveries SET claims = ? WHERE tenant_id = ?")
      .bind(limits.claimsUnsuspected, tenant)
      .run();
    await runWithDeaths();
    expect(await statesOf(tenant)).toEqual(["delivered", "dead", "delivered", "delivered"]);
  });

  test("does not stop its key: the next one goes out after it", async () => {
    await world.commit(tenant, {
      messages: [1, "poison", 3].map((payload) => event("a", payload, { orderingKey: "k" })),
    });
    await runWithDeaths();
    expect(await statesOf(tenant)).toEqual(["delivered", "dead", "delivered"]);
    expect(world.sent.at(-1)?.payload).toBe("3");
  });
});

describe("a delivery that was claimed in vain", () => {
  test("however often, because the queue is slower than the lease, is no poison: it was never begun", async () => {
    await commit(1, 2, 3);
    for (let turn = 0; turn < 12; turn++) {
      world.now = Math.max(world.now, world.alarms.get(tenant) ?? 0);
      await world.ring(tenant);
      const late = world.queued.splice(0);
      const leaseEndsAt = Math.max(...(await deliveriesOf(tenant)).map(({ due_at }) => due_at ?? 0));
      world.now = leaseEndsAt + 1;
      await world.consume(immortal, late);
      await world.sweep();
    }
    expect(world.sent).toEqual([]);
    expect((await deliveriesOf(tenant))[0]?.claims).toBeGreaterThan(6);
    await world.runUntilIdle(tenant);
    expect(await statesOf(tenant)).toEqual(["delivered", "delivered", "delivered"]);
  });

  test("and then recorded, is beyond suspicion again", async () => {
    await commit(1, 2);
    await env.DB.prepare("UPDATE outbox_deliveries SET claims = 9, starts = ? WHERE tenant_id = ?")
      .bind(limits.poisonStarts - 1, tenant)
      .run();
    await world.runUntilIdle(tenant);
    expect(await deliveriesOf(tenant)).toMatchObject([
      { state: "delivered", claims: 0 },
      { state: "delivered", claims: 0 },
    ]);
    const { results } = await env.DB.prepare("SELECT starts FROM outbox_deliveries WHERE tenant_id = ?")
      .bind(tenant)
      .all();
    expect(results).toEqual([{ starts: 0 }, { starts: 0 }]);
  });

  test("costs one row more for each attempt that is counted as it begins; others cost nothing more", async () => {
    await commit(1);
    await world.ring(tenant);
    const life = new MortalLife(Number.POSITIVE_INFINITY, "before");
    await world.consume(life);
    expect(life.steps).toEqual(["d1.batch", "channel.deliver", "d1.batch"]);
  });
});
