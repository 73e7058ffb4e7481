import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { event } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { selectOverdueTenants } from "../../src/upkeep/statements.ts";
import { countingDb } from "../support/database/counting-db.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { countRows, deliveriesOf, statesOf } from "../support/database/rows.ts";
import { immortal, MortalLife } from "../support/faults/life.ts";
import { refused } from "../support/outside/replies.ts";
import { ACCEPTED, World } from "../support/world.ts";

/* What users of other outboxes complain of, and no other test tells: docs/guarantees.md has all of it. */

let world: World;
let tenant: string;

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
});

afterEach(() => checkInvariants(env.DB, tenant));

const FAILED = refused({ excerpt: null });
const many = (count: number, message: (n: number) => ReturnType<typeof event>) =>
  Array.from({ length: count }, (_, n) => message(n));
const payloadsSent = () => world.sent.map(({ payload }) => payload);

describe("a failure is tried again alone", () => {
  test("of a hundred deliveries in a task, the one that failed, and none of its siblings", async () => {
    await world.createEndpoint(tenant);
    let failures = 2;
    world.answer = ({ payload }) => (payload === "42" && failures-- > 0 ? FAILED : ACCEPTED);
    await world.commit(tenant, { messages: many(100, (n) => event("a", n)) });
    await world.runUntilIdle(tenant);
    expect(payloadsSent().slice(100)).toEqual(["42", "42"]);
    expect(new Set(payloadsSent()).size).toBe(100);
  });

  test("of three endpoints of a message, the one that failed, and neither of the others", async () => {
    const endpoints = [
      await world.createEndpoint(tenant),
      await world.createEndpoint(tenant),
      await world.createEndpoint(tenant),
    ];
    const [failing] = endpoints;
    let failures = 2;
    world.answer = ({ endpoint }) => (endpoint.id === failing && failures-- > 0 ? FAILED : ACCEPTED);
    await world.commit(tenant, { messages: [event("a", 1)] });
    await world.runUntilIdle(tenant);
    const sends = endpoints.map((id) => world.sent.filter(({ endpoint }) => endpoint.id === id).length);
    expect(sends).toEqual([3, 1, 1]);
  });
});

describe("order over what was done in part", () => {
  test("a consumer that dies in the middle of a key's run: it goes on where it was, in order", async () => {
    await world.createEndpoint(tenant);
    await world.commit(tenant, { messages: many(5, (n) => event("a", n, { orderingKey: "k" })) });
    await world.onAlarm(tenant);
    // The read; two times a send and its record; the third send, which nobody lives to record.
    const life = new MortalLife(6, "after");
    await Promise.race([world.consume(life), life.death]);
    expect(life.steps.at(-1)).toBe("channel.deliver");
    expect(payloadsSent()).toEqual(["0", "1", "2"]);

    await world.runUntilIdle(tenant);
    expect(payloadsSent()).toEqual(["0", "1", "2", "2", "3", "4"]);
  });

  test("a queue that loses one task and keeps another: every key keeps its order, and nothing is left out", async () => {
    await world.createEndpoint(tenant);
    const keys = 2 * (limits.packDeliveries / limits.keyRun);
    const keyed = (n: number) => event("a", n, { orderingKey: `k${n % keys}` });
    for (let from = 0; from < keys * limits.keyRun; from += limits.packDeliveries)
      await world.commit(tenant, { messages: many(limits.packDeliveries, (n) => keyed(from + n)) });
    await world.onAlarm(tenant);
    expect(world.queued).toHaveLength(2);
    world.queued.shift();
    await world.runUntilIdle(tenant);

    const sent = payloadsSent().map(Number);
    expect(sent).toHaveLength(keys * limits.keyRun);
    for (let key = 0; key < keys; key++) {
      const ofKey = sent.filter((n) => n % keys === key);
      expect(ofKey).toEqual(ofKey.toSorted((a, b) => a - b));
    }
    expect(new Set(sent).size).toBe(keys * limits.keyRun);
  });
});

describe("a consumer whose clock is off", () => {
  const withClockOffBy = (ms: number): World => {
    const other = new World(env.DB);
    other.now = world.now + ms;
    return other;
  };

  test("by an hour behind: the token fences it, not its clock; what another has claimed it does not send", async () => {
    await world.createEndpoint(tenant);
    await world.commit(tenant, { messages: [event("a", 1)] });
    await world.onAlarm(tenant);
    const late = world.queued.splice(0);
    world.now += world.leaseMs;
    await world.onAlarm(tenant);

    const behind = withClockOffBy(-3_600_000);
    await behind.consume(immortal, late);
    expect(behind.sent).toEqual([]);
    await world.consume();
    expect(payloadsSent()).toEqual(["1"]);
    expect(await statesOf(tenant)).toEqual(["delivered"]);
  });

  test("by an hour ahead: it takes every lease to have ended and does nothing; what it left goes out later", async () => {
    await world.createEndpoint(tenant);
    await world.commit(tenant, { messages: [event("a", 1)] });
    await world.onAlarm(tenant);
    const ahead = withClockOffBy(3_600_000);
    await ahead.consume(immortal, world.queued.splice(0));
    expect(ahead.sent).toEqual([]);
    expect(await deliveriesOf(tenant)).toMatchObject([{ state: "leased", attempts: 0 }]);
    await world.runUntilIdle(tenant);
    expect(payloadsSent()).toEqual(["1"]);
  });
});

test("a tenant with everything delivered wakes nobody, and the sweep reads none of it", async () => {
  await world.createEndpoint(tenant);
  const readBySweep = async () => {
    const { db, bill } = countingDb(env.DB);
    await selectOverdueTenants(db, world.now + 1, limits.tenantsPerSweep).all();
    return bill.rowsRead;
  };
  const before = await readBySweep();
  for (let n = 0; n < 3; n++) await world.commit(tenant, { messages: many(100, (i) => event("a", i)) });
  await world.runUntilIdle(tenant);
  expect(await countRows("deliveries", tenant)).toBe(300);
  world.alarms.clear();
  world.now += 3_600_000;
  expect(await readBySweep()).toBe(before);
  await world.sweep();
  expect(world.alarms.size).toBe(0);
});
