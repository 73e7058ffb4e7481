import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { temporary } from "../../src/channels/channel.ts";
import type { Database } from "../../src/db/database.ts";
import { event } from "../../src/outbox/message.ts";
import { countingDb } from "../support/database/counting-db.ts";
import { refused } from "../support/outside/replies.ts";
import { ACCEPTED, World } from "../support/world.ts";

test("an idempotency key costs one row more to accept", async () => {
  const world = new World(env.DB);
  const tenant = await world.createTenant();
  await world.createEndpoint(tenant);
  const { db, bill } = countingDb(env.DB);
  const counted = { step: <T>(_: string, act: () => Promise<T>) => act(), db: (_: Database) => db };
  await world.commit(tenant, { messages: [event("order.placed", 1)], idempotencyKey: "once" }, counted);
  expect(bill.rowsWritten).toBe(3 + 1);
});

test.each([
  ["without an ordering key", {}, [3, 2, 1]],
  ["with an ordering key", { orderingKey: "k" }, [4, 2, 1]],
] as const)(
  "a message %s, one endpoint, delivered at the first attempt: accept, claim, settle",
  async (_, options, rows) => {
    const world = new World(env.DB);
    const tenant = await world.createTenant();
    await world.createEndpoint(tenant);
    const { db, bill } = countingDb(env.DB);
    const counted = { step: <T>(_: string, act: () => Promise<T>) => act(), db: (_: Database) => db };
    const written: number[] = [];
    const note = () => written.push(bill.rowsWritten - written.reduce((sum, count) => sum + count, 0));

    await world.commit(tenant, { messages: [event("order.placed", { id: 1 }, options)] }, counted);
    note();
    await world.onAlarm(tenant, counted);
    note();
    await world.consume(counted);
    note();

    expect(world.sent).toHaveLength(1);
    expect(written).toEqual(rows);
    // Accept 1, drain 2 (look, claim), consume 2 (read, settle).
    expect(bill.roundTrips).toBe(5);
  },
);

test.each([
  ["without an ordering key", {}, [3, 1]],
  ["with an ordering key", { orderingKey: "k" }, [4, 1]],
] as const)("a message %s, which its commit hands over: accept, settle", async (_, options, rows) => {
  const world = new World(env.DB);
  world.handOver = {};
  const tenant = await world.createTenant();
  await world.createEndpoint(tenant);
  const { db, bill } = countingDb(env.DB);
  const counted = { step: <T>(_: string, act: () => Promise<T>) => act(), db: (_: Database) => db };

  await world.commit(tenant, { messages: [event("order.placed", { id: 1 }, options)] }, counted);
  expect(bill.rowsWritten).toBe(rows[0]);
  await world.consume(counted);

  expect(world.sent).toHaveLength(1);
  expect(world.alarms.has(tenant)).toBe(false);
  expect(bill.rowsWritten).toBe(rows[0] + rows[1]);
  // Accept 1, consume 2 (read, settle).
  expect(bill.roundTrips).toBe(3);
});

/**
 * The health of its endpoint is a row beside each settling: it fails, and is well again; and its entry among the failing. Outcomes
 * that are no first attempt that delivers take two rows of the sums.
 */
test.each([
  ["without an ordering key", {}, [2, 4 + 2 + 2, 2, 3 + 1 + 2]],
  ["with an ordering key", { orderingKey: "k" }, [2, 5 + 2 + 2, 2, 3 + 1 + 2]],
] as const)(
  "a message %s, delivered at its second attempt: claim, settle, claim, settle",
  async (_, options, rows) => {
    const world = new World(env.DB);
    const tenant = await world.createTenant();
    await world.createEndpoint(tenant);
    await world.commit(tenant, { messages: [event("order.placed", { id: 1 }, options)] });
    const { db, bill } = countingDb(env.DB);
    const counted = { step: <T>(_: string, act: () => Promise<T>) => act(), db: (_: Database) => db };
    const written: number[] = [];
    const note = () => written.push(bill.rowsWritten - written.reduce((sum, count) => sum + count, 0));
    for (const answer of [temporary("http_status", { httpStatus: 503 }), ACCEPTED]) {
      world.answer = () => answer;
      await world.onAlarm(tenant, counted);
      note();
      await world.consume(counted);
      note();
      world.now += 24 * 3600_000;
    }
    expect(world.sent).toHaveLength(2);
    expect(written).toEqual(rows);
  },
);
test("a failing endpoint costs an entry of its index when it begins to fail, and when its breaker moves, but not with each failure", async () => {
  const world = new World(env.DB);
  const tenant = await world.createTenant();
  await world.createEndpoint(tenant);
  const { db, bill } = countingDb(env.DB);
  const counted = { step: <T>(_: string, act: () => Promise<T>) => act(), db: (_: Database) => db };
  const turn = async (messages: number) => {
    if (messages > 0)
      await world.commit(tenant, { messages: Array.from({ length: messages }, (_, n) => event("a", n)) });
    await world.onAlarm(tenant);
    const before = bill.rowsWritten;
    await world.consume(counted);
    return bill.rowsWritten - before;
  };
  // Each failed attempt has a row, an entry by time, its delivery and the entry of its next look: 4. The health is one more, and
  // the sums of a settling are two.
  const FAILED = 4;
  const SUMS = 2;
  world.answer = () => refused();
  expect(await turn(1)).toBe(FAILED + SUMS + 1 + 1);
  expect(await turn(1)).toBe(FAILED + SUMS + 1);
  expect(await turn(8)).toBe(8 * FAILED + SUMS + 1 + 1);
  world.now = world.alarms.get(tenant) ?? 0;
  expect(await turn(0)).toBe(FAILED + SUMS + 1 + 1);
  world.answer = () => ACCEPTED;
  world.now = world.alarms.get(tenant) ?? 0;
  // The entry goes, which is not a row written, and the attempt has a row, as it is not the first.
  expect(await turn(0)).toBe(3 + 1 + SUMS);
});
