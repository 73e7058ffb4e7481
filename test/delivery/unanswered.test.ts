import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Database } from "../../src/db/database.ts";
import { event } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { disableEndpoint } from "../../src/registry/endpoints.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { deliveriesOf, statesOf } from "../support/database/rows.ts";
import { immortal, type Life } from "../support/faults/life.ts";
import { World } from "../support/world.ts";

let world: World;
let tenant: string;

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
});

afterEach(() => checkInvariants(env.DB, tenant));

const keyed = (n: number) => event("a", n, { orderingKey: "k" });
const commit = (...messages: ReturnType<typeof event>[]) => world.commit(tenant, { messages });
const payloadsSent = () => world.sent.map(({ payload }) => payload);

/** A process whose batch of this number is never answered, whether D1 carries it out or not. */
function unanswered(number: number, happens: boolean): Life & { hangs: () => boolean } {
  let batches = 0;
  const db = (inner: Database): Database => ({
    prepare: (query) => inner.prepare(query),
    batch: async (statements) => {
      if (batches++ !== number) return inner.batch(statements);
      if (happens) await inner.batch(statements);
      return new Promise(() => {});
    },
  });
  return { ...immortal, db, hangs: () => batches > number };
}

/*
 * Setup: a task of two messages; the consumer's first call to D1 reads it, its second writes the outcomes.
 * Timeline: one of the calls is never answered, and so long passes that whoever waits for it gives up.
 * What this proves: a D1 that hangs costs a wait; the invocation ends, and nothing goes out twice.
 */
test.each([
  ["reads its task", 0, true],
  ["writes the outcomes, which are written", 1, true],
  ["writes the outcomes, which are not", 1, false],
])("a D1 that never answers a consumer as it %s is asked again", async (_, number, happens) => {
  await world.createEndpoint(tenant);
  await world.commit(tenant, { messages: [event("a", 1), event("a", 2)] });
  await world.onAlarm(tenant);
  const life = unanswered(number, happens);
  const consumed = world.consume(life);
  await expect.poll(life.hangs).toBe(true);
  for (const act of [...world.timers]) act();
  expect(await consumed).toEqual(["ack"]);
  expect(world.sent).toHaveLength(2);
  expect(await statesOf(tenant)).toEqual(["delivered", "delivered"]);
});

describe("when D1 does not answer", () => {
  const lifeWithDb = (batch: (statements: D1PreparedStatement[], call: number) => Promise<D1Result[]>) => {
    let call = 0;
    const db = {
      prepare: env.DB.prepare.bind(env.DB),
      batch: (statements: D1PreparedStatement[]) => batch(statements, ++call),
    };
    return { step: <T>(_: string, act: () => Promise<T>) => act(), db: () => db as never };
  };
  const lost = () => Promise.reject(new Error("D1_ERROR: Network connection lost."));

  test("to the read: nothing was sent, and the item is handed out again", async () => {
    await world.createEndpoint(tenant);
    await commit(event("a", 1));
    await world.onAlarm(tenant);
    expect(await world.consume(lifeWithDb(lost))).toEqual(["retry"]);
    expect(world.sent).toEqual([]);
  });

  test("to the settling: it is written again, and counts once", async () => {
    await world.createEndpoint(tenant);
    await commit(event("a", 1), event("a", 2));
    await world.onAlarm(tenant);
    const life = lifeWithDb(async (statements, call) => {
      const results = await env.DB.batch(statements);
      return call === 2 ? lost() : results;
    });
    expect(await world.consume(life)).toEqual(["ack"]);
    expect(await statesOf(tenant)).toEqual(["delivered", "delivered"]);
    expect(world.sent).toHaveLength(2);
  });

  test("and there are no keys: nothing more is sent either", async () => {
    await world.createEndpoint(tenant);
    await commit(...Array.from({ length: 40 }, (_, n) => event("a", n)));
    await world.onAlarm(tenant);
    world.answer = async () => {
      for (const act of world.timers) act();
      for (let look = 0; look < 3; look++) await deliveriesOf(tenant);
      return { kind: "accepted", httpStatus: 200, excerpt: null };
    };
    const life = lifeWithDb((statements, call) => (call === 1 ? env.DB.batch(statements) : lost()));
    expect(await world.consume(life)).toEqual(["ack"]);
    expect(world.sent.length).toBeLessThan(20);
    await world.sweep();
    await world.runUntilIdle(tenant);
    expect(new Set(await statesOf(tenant))).toEqual(new Set(["delivered"]));
  });

  /** D1 answers the read, and then not before that instant: what is written meanwhile is lost, or not. */
  const silentUntil = (at: number, written: boolean) =>
    lifeWithDb(async (statements, call) => {
      if (call === 1 || world.now >= at) return env.DB.batch(statements);
      if (written) await env.DB.batch(statements);
      return lost();
    });

  test.each([
    ["lost", false],
    ["written all the same", true],
  ])(
    "for most of the lease (what it was asked is %s): outcomes are on record when it does, and nothing is sent again",
    async (_, written) => {
      await world.createEndpoint(tenant);
      await commit(keyed(1), keyed(2), event("a", 3));
      await world.onAlarm(tenant);
      const leaseEndsAt = world.now + world.leaseMs;
      expect(await world.consume(silentUntil(leaseEndsAt - 15_000, written))).toEqual(["ack"]);
      expect(world.now).toBeLessThan(leaseEndsAt);
      expect(payloadsSent().toSorted()).toEqual(["1", "3"]);
      expect(await statesOf(tenant)).toEqual(["delivered", "pending", "delivered"]);
      await world.runUntilIdle(tenant);
      expect(payloadsSent().toSorted()).toEqual(["1", "2", "3"]);
    },
  );

  test("it is asked again until the lease ends, and no more often than it may be; then the lease makes good", async () => {
    world.leaseMs = 3600_000;
    await world.createEndpoint(tenant);
    await commit(...Array.from({ length: 20 }, (_, n) => event("a", n)));
    await world.onAlarm(tenant);
    let queries = 0;
    const startedAt = world.now;
    const life = lifeWithDb((statements, call) => {
      queries += statements.length;
      return call === 1 ? env.DB.batch(statements) : lost();
    });
    expect(await world.consume(life)).toEqual(["ack"]);
    expect(world.now - startedAt).toBeGreaterThan(limits.invocationMs / 2);
    expect(world.now - startedAt).toBeLessThanOrEqual(limits.invocationMs);
    expect(queries).toBeLessThan(limits.d1QueriesPerInvocation);
    expect(await statesOf(tenant)).toEqual(Array(20).fill("leased"));
  });

  test("to what gives back: nothing was sent, and the item is handed out again at once", async () => {
    const endpoint = await world.createEndpoint(tenant);
    await commit(event("a", 1));
    await world.onAlarm(tenant);
    await disableEndpoint(world.registryTools(), tenant, endpoint);
    const startedAt = world.now;
    expect(
      await world.consume(lifeWithDb((statements, call) => (call === 1 ? env.DB.batch(statements) : lost()))),
    ).toEqual(["retry"]);
    expect(world.now - startedAt).toBeLessThan(1000);
  });

  test("ever again: the lease ends, and it is sent once more with the same id", async () => {
    await world.createEndpoint(tenant);
    await commit(keyed(1), keyed(2));
    await world.onAlarm(tenant);
    const life = lifeWithDb((statements, call) => (call === 1 ? env.DB.batch(statements) : lost()));
    expect(await world.consume(life)).toEqual(["ack"]);
    expect(payloadsSent()).toEqual(["1"]);
    expect(world.events).toContainEqual(expect.objectContaining({ event: "delivery.task_failed", tried: 1 }));
    await world.sweep();
    await world.runUntilIdle(tenant);
    expect(payloadsSent()).toEqual(["1", "1", "2"]);
    expect(world.sent[0]?.messageId).toBe(world.sent[1]?.messageId);
  });
});
