import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test } from "vitest";
import { email, event } from "../../src/outbox/message.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { countRows, statesOf } from "../support/database/rows.ts";
import { MortalLife } from "../support/faults/life.ts";
import { type QueuedTask, World } from "../support/world.ts";

/*
 * Setup: one tenant, a webhook endpoint, messages with and without a key, one of which fails at first.
 * Timeline: a process dies at its nth await, before or after what it awaits has happened; whatever it held in
 * memory is gone, the tasks it had in hand too. Then another process takes over, with nothing but D1.
 * What this proves: there is no await between accepting and settling at which a message gets lost, sent
 * without having been committed, or sent before an earlier one of its key.
 */

let tenant = "";

afterEach(() => checkInvariants(env.DB, tenant));

type Part = (world: World, life: MortalLife) => Promise<unknown>;

const messages = () => [
  event("order.placed", 1, { orderingKey: "k" }),
  event("order.placed", 2, { orderingKey: "k" }),
  event("order.placed", 3),
  email({ to: "ada@example.com", subject: "Your order", text: "We have it" }),
];

async function prepare(): Promise<World> {
  const world = new World(env.DB);
  tenant = await world.createTenant();
  await world.createEndpoint(tenant);
  let failures = 1;
  world.answer = ({ payload }) =>
    payload === "1" && failures-- > 0
      ? {
          kind: "temporary",
          error: "timeout",
          httpStatus: null,
          excerpt: null,
          retryAfterMs: null,
        }
      : { kind: "accepted", httpStatus: 200, excerpt: null };
  return world;
}

/** Whoever comes after the crash: the sweep finds what is overdue, leases end, and time goes on. */
async function recover(world: World): Promise<void> {
  world.now += 20 * world.leaseMs;
  await world.sweep();
  await world.runUntilIdle(tenant);
}

function inOrderOfFirstSend(world: World): string[] {
  return [...new Set(world.sent.map(({ payload }) => payload).filter((payload) => /^\d$/.test(payload)))];
}

/** The walk up to the part under test, by a process that lives. */
const PARTS: Record<string, { before: (world: World) => Promise<unknown>; part: Part }> = {
  "commit and wake": {
    before: async () => {},
    part: (world, life) => world.commit(tenant, { messages: messages(), idempotencyKey: "once" }, life),
  },
  "commit and hand over": {
    before: async (world) => {
      world.handOver = {};
    },
    part: (world, life) => world.commit(tenant, { messages: messages(), idempotencyKey: "once" }, life),
  },
  "consume and settle what its commit has handed over": {
    before: async (world) => {
      world.handOver = {};
      await world.commit(tenant, { messages: messages() });
    },
    part: (world, life) => world.consume(life),
  },
  drain: {
    before: (world) => world.commit(tenant, { messages: messages() }),
    part: (world, life) => world.onAlarm(tenant, life),
  },
  "consume and settle": {
    before: async (world) => {
      await world.commit(tenant, { messages: messages() });
      await world.onAlarm(tenant);
    },
    part: (world, life) => world.consume(life),
  },
  "drain for the retry": {
    before: async (world) => {
      await world.commit(tenant, { messages: messages() });
      await world.onAlarm(tenant);
      await world.consume();
      world.now = world.alarms.get(tenant) ?? world.now;
    },
    part: (world, life) => world.onAlarm(tenant, life),
  },
  sweep: {
    before: async (world) => {
      await world.commit(tenant, { messages: messages() });
      world.alarms.clear();
      world.now += 60_000;
    },
    part: (world, life) => world.sweep(life),
  },
};

/** How many awaits a part has when nobody dies. */
async function countSteps(name: string): Promise<string[]> {
  const world = await prepare();
  const life = new MortalLife(Number.POSITIVE_INFINITY, "before");
  await PARTS[name]?.before(world);
  await PARTS[name]?.part(world, life);
  return life.steps;
}

describe.each(Object.keys(PARTS))("a process that dies in %s", (name) => {
  test.each(["before", "after"] as const)("%s any of its awaits loses nothing", async (side) => {
    const steps = await countSteps(name);
    expect(steps.length).toBeGreaterThan(0);
    for (let at = 1; at <= steps.length; at++) {
      const world = await prepare();
      await PARTS[name]?.before(world);
      const life = new MortalLife(at, side);
      await Promise.race([PARTS[name]?.part(world, life), life.death]);
      expect(life.isDead, `died ${side} await ${at}, ${life.steps.at(-1)}`).toBe(true);
      await checkInvariants(env.DB, tenant);

      // The local queue lives in memory, and dies with the process.
      const lost: QueuedTask[] = world.queued.splice(0);
      await recover(world);
      const accepted = await countRows("messages", tenant);
      if (!name.startsWith("commit and")) expect(accepted).toBe(4);
      expect([0, 4]).toContain(accepted);
      expect(await statesOf(tenant)).toEqual(Array(accepted).fill("delivered"));
      expect(inOrderOfFirstSend(world).filter((payload) => payload !== "3")).toEqual(
        accepted ? ["1", "2"] : [],
      );

      // A task that was only delayed finds its leases gone.
      const sends = world.sent.length;
      await world.consume(undefined, lost);
      expect(world.sent).toHaveLength(sends);
      await checkInvariants(env.DB, tenant);
    }
  });
});

test("a caller that never heard back repeats its commit, and it happens once", async () => {
  for (const side of ["before", "after"] as const) {
    const world = await prepare();
    const life = new MortalLife(1, side);
    const request = { messages: messages(), idempotencyKey: "once" };
    await Promise.race([world.commit(tenant, request, life), life.death]);
    const { duplicate } = await world.commit(tenant, request);
    expect(duplicate).toBe(side === "after");
    expect(await countRows("messages", tenant)).toBe(4);
    await recover(world);
    expect(inOrderOfFirstSend(world).toSorted()).toEqual(["1", "2", "3"]);
  }
});
