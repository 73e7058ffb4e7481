import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { SYSTEM_EVENTS } from "../../src/domain/system-events.ts";
import { event, work } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { createEventType } from "../../src/registry/event-types.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { countRows, deliveriesOf, statesOf } from "../support/database/rows.ts";
import { immortal, type Life } from "../support/faults/life.ts";
import { ACCEPTED, World } from "../support/world.ts";

const SLOW_MS = 50_000;
const TIMEOUT_MS = 60_000;
const LEASE_MS = 3_600_000;

/** A process whose D1 queries are counted. */
function counting(): { life: Life; queries: () => number } {
  let queries = 0;
  const db: Life["db"] = (db) => ({
    prepare: db.prepare.bind(db),
    batch: (statements) => {
      queries += statements.length;
      return db.batch(statements);
    },
  });
  return { life: { ...immortal, db }, queries: () => queries };
}

/** A world in which an answer takes nearly as long as it may, and a lease outlasts whatever a task does. */
function slowWorld(): World {
  const world = new World(env.DB);
  world.leaseMs = LEASE_MS;
  world.timeoutMs = TIMEOUT_MS;
  world.answer = () => {
    world.now += SLOW_MS;
    return ACCEPTED;
  };
  return world;
}

/*
 * Setup: a task with two keys' runs and some deliveries without a key. Each attempt takes 50 of its 60 seconds;
 * the lease lasts an hour.
 * Timeline: the consumer begins as many as it may at once, and gives back the others.
 * What this proves: an invocation is short, whatever its receivers do, and the queue's other tenants wait for it no longer. The
 * rest of the task goes out with another: nothing is lost, nothing sent twice, no key out of order.
 */
test("no attempt begins after eight seconds of an invocation; the rest is given back, and goes out later in order", async () => {
  const world = slowWorld();
  const tenant = await world.createTenant();
  await world.createEndpoint(tenant);
  const keyed = (n: number) => event("a", { key: n % 2, n }, { orderingKey: `k${n % 2}` });
  const messages = [
    ...Array.from({ length: 20 }, (_, n) => keyed(n)),
    ...Array.from({ length: 10 }, (_, n) => event("a", { key: null, n: 100 + n })),
  ];
  await world.commit(tenant, { messages });
  await world.onAlarm(tenant);
  expect(world.queued).toHaveLength(1);

  expect(SLOW_MS).toBeGreaterThan(limits.invocationBeginsMs);
  expect(await world.consume()).toEqual(["ack"]);
  expect(world.sent.length).toBeGreaterThan(0);
  expect(world.sent.length).toBeLessThanOrEqual(limits.concurrentSends);

  const states = await statesOf(tenant);
  expect(states.filter((state) => state === "delivered")).toHaveLength(world.sent.length);
  expect(states.filter((state) => state === "pending")).toHaveLength(messages.length - world.sent.length);
  await checkInvariants(env.DB, tenant);

  await world.runUntilIdle(tenant);
  expect(await statesOf(tenant)).toEqual(messages.map(() => "delivered"));
  const sent = world.sent.map(({ payload }) => JSON.parse(payload) as { key: number | null; n: number });
  expect(sent).toHaveLength(messages.length);
  for (const key of [0, 1]) {
    const numbers = sent.filter((one) => one.key === key).map(({ n }) => n);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  }
  await checkInvariants(env.DB, tenant);
});

test("a delivery given back at the end of an invocation is due at once, and does not wait for its lease", async () => {
  const world = slowWorld();
  const tenant = await world.createTenant();
  await world.createEndpoint(tenant);
  const run = Array.from({ length: limits.keyRun }, (_, n) => event("a", n, { orderingKey: "k" }));
  await world.commit(tenant, { messages: run });
  await world.onAlarm(tenant);
  const leaseEndsAt = world.now + LEASE_MS;
  await world.consume();

  const rest = (await deliveriesOf(tenant)).filter(({ state }) => state !== "delivered");
  expect(rest.length).toBeGreaterThan(0);
  expect(rest.every(({ state, due_at }) => state === "pending" && (due_at ?? leaseEndsAt) <= world.now)).toBe(
    true,
  );
  expect(rest.map(({ behind }) => behind)).toEqual(rest.map((_, position) => (position === 0 ? 0 : 1)));
  expect(world.alarms.get(tenant)).toBe(world.now + 1);
  await checkInvariants(env.DB, tenant);
});

/*
 * Setup: a full task for a handler that is quick; the isolate does not know the tenant's event types yet, so that D1 refuses
 * what it gives to commit at first.
 * What this proves: what waits to be written counts, and nothing is begun that D1 would then refuse.
 */
test.each([1, 10, limits.effectsPerHandler])(
  "the effects of handlers stay within D1's limit for an invocation, however quick they are: %i messages each",
  async (each) => {
    const world = new World(env.DB);
    world.handlers = { names: new Set(["charge"]), forWork: new Set(["charge"]), subscribedTo: () => [] };
    const tenant = await world.createTenant();
    await createEventType(world.registryTools(), tenant, { name: "a", schema: { type: "number" } });
    const effects = { messages: Array.from({ length: each }, () => event("a", 1)) };
    world.answer = () => ({ ...ACCEPTED, effects });
    await world.commit(tenant, {
      messages: Array.from({ length: limits.packDeliveries }, (_, n) => work("charge", n)),
    });
    const counted = counting();
    await world.onAlarm(tenant);
    await world.consume(counted.life);
    expect(counted.queries()).toBeLessThanOrEqual(limits.d1QueriesPerInvocation);
    expect(world.sent.length).toBeGreaterThan(0);
    await world.runUntilIdle(tenant);
    expect(new Set(await statesOf(tenant))).toEqual(new Set(["delivered"]));
    expect(await countRows("messages", tenant)).toBe(limits.packDeliveries * (1 + each));
  },
);

/*
 * Setup: two full tasks for a quick handler that gives a statement each time.
 * What this proves: what waits to be written is written to make room, instead of giving the rest back untried: a
 * consumer that gave back half of its tasks would claim and hand out everything twice.
 */
test("a full invocation of handlers with effects is carried out whole, within what D1 allows", async () => {
  const world = new World(env.DB);
  world.handlers = { names: new Set(["charge"]), forWork: new Set(["charge"]), subscribedTo: () => [] };
  const tenant = await world.createTenant();
  world.answer = () => ({ ...ACCEPTED, effects: { writes: [env.DB.prepare("SELECT 1")] } });
  const orders = Array.from({ length: limits.inFlightPerEndpoint }, (_, n) => work("charge", n));
  for (let from = 0; from < orders.length; from += 100)
    await world.commit(tenant, { messages: orders.slice(from, from + 100) });
  const counted = counting();
  await world.onAlarm(tenant);
  await world.consume(counted.life);
  expect(counted.queries()).toBeLessThanOrEqual(limits.d1QueriesPerInvocation);
  expect(new Set(await statesOf(tenant))).toEqual(new Set(["delivered"]));
  expect(world.sent).toHaveLength(limits.inFlightPerEndpoint);
});

/*
 * Setup: two full tasks of keys, each delivery of which makes an announcement that somebody listens to, at an endpoint that has
 * failed lately; and every answer comes only when the one before it is on record.
 * What this proves: however many queries the outcomes need, the consumer stays within what D1 allows an invocation.
 */
test("no attempt begins that D1 might not be asked to record any more; the rest goes out later in order", async () => {
  const world = new World(env.DB);
  const tenant = await world.createTenant();
  const endpoint = await world.createEndpoint(tenant, { eventTypes: ["a"] });
  await world.createEndpoint(tenant, { eventTypes: [...SYSTEM_EVENTS] });
  const keys = limits.inFlightPerEndpoint / limits.keyRun;
  const messages = Array.from({ length: limits.inFlightPerEndpoint }, (_, n) =>
    event("a", n, { orderingKey: `k${n % keys}` }),
  );
  for (let from = 0; from < messages.length; from += 100)
    await world.commit(tenant, { messages: messages.slice(from, from + 100) });
  await env.DB.batch([
    env.DB.prepare("UPDATE outbox_deliveries SET was_dead = 1 WHERE tenant_id = ?").bind(tenant),
    env.DB.prepare(
      "UPDATE outbox_endpoints SET window_from = ?, window_attempts = 1, window_failures = 1 WHERE tenant_id = ?",
    ).bind(world.now, tenant),
  ]);
  const settled = () =>
    env.DB.prepare(
      "SELECT count(*) AS n FROM outbox_deliveries WHERE tenant_id = ? AND endpoint_id = ? AND settled_at IS NOT NULL",
    )
      .bind(tenant, endpoint)
      .first<number>("n");
  let arrived = 0;
  world.answer = async (dispatch) => {
    if (dispatch.endpoint.id !== endpoint) return ACCEPTED;
    const place = arrived++;
    for (let look = 0; look < 500; look++) {
      for (const act of [...world.timers]) act();
      if (((await settled()) ?? 0) >= place) return ACCEPTED;
    }
    throw new Error("what was sent before is never on record");
  };
  const counted = counting();
  await world.onAlarm(tenant);
  await world.consume(counted.life);
  expect(counted.queries()).toBeLessThanOrEqual(limits.d1QueriesPerInvocation);
  expect(arrived).toBeLessThan(messages.length);
  world.answer = () => ACCEPTED;
  await world.runUntilIdle(tenant);
  const sent = world.sent.filter((one) => one.endpoint.id === endpoint).map(({ payload }) => Number(payload));
  expect(sent).toHaveLength(messages.length);
  for (let key = 0; key < keys; key++) {
    const own = sent.filter((n) => n % keys === key);
    expect(own).toEqual(own.toSorted((a, b) => a - b));
  }
  await checkInvariants(env.DB, tenant);
});
