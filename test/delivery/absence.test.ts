import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { event } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { countingDb } from "../support/database/counting-db.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { statesOf } from "../support/database/rows.ts";
import { type QueuedTask, World } from "../support/world.ts";

const MINUTE = 60_000;
const ENDPOINTS = 10;

/*
 * Setup: ten endpoints, each with a full pack of deliveries that are due.
 * Timeline: nobody consumes for a while. The relay claims what is due whenever a lease ends, and hands it over; the queue
 * keeps every task, or forgets them.
 * What this proves: an absence is nobody's fault. When the consumers are back, what waits comes in as many tasks as ever, and
 * is written by as few calls.
 */
test.each([
  ["seven minutes and a half", 7.5 * MINUTE, "keeps"],
  ["seven minutes and a half", 7.5 * MINUTE, "forgets"],
  ["six hours", 6 * 60 * MINUTE, "keeps"],
  ["six hours", 6 * 60 * MINUTE, "forgets"],
] as const)(
  "after %s without consumers (%i ms), of a queue that %s its tasks, it costs what it always does",
  async (_, awayMs, queue) => {
    const world = new World(env.DB);
    const tenant = await world.createTenant();
    for (let n = 0; n < ENDPOINTS; n++) await world.createEndpoint(tenant);
    await world.commit(tenant, {
      messages: Array.from({ length: limits.packDeliveries }, (_, n) => event("a", n)),
    });

    const backAt = world.now + awayMs;
    let tasks: QueuedTask[] = [];
    for (let at = world.now; at < backAt; at = world.alarms.get(tenant) ?? Infinity) {
      world.now = at;
      await world.onAlarm(tenant);
      tasks = queue === "keeps" ? [...tasks, ...world.queued.splice(0)] : world.queued.splice(0);
    }

    const newest = tasks.slice(-ENDPOINTS);
    expect(new Set(newest.map(({ body }) => body.endpointId)).size).toBe(ENDPOINTS);
    expect(newest.every(({ body }) => body.seqs.length === limits.packDeliveries)).toBe(true);
    const stale = tasks.slice(0, -ENDPOINTS);
    const { db, bill } = countingDb(env.DB);
    const counted = { step: <T>(_: string, act: () => Promise<T>) => act(), db: () => db };
    for (const task of stale) await world.consume(counted, [task]);
    expect(bill).toMatchObject({ roundTrips: stale.length, rowsWritten: 0 });

    bill.roundTrips = 0;
    for (const task of newest) await world.consume(counted, [task]);
    expect(bill.roundTrips).toBe(2 * ENDPOINTS);
    expect(world.sent).toHaveLength(ENDPOINTS * limits.packDeliveries);
    expect(new Set(await statesOf(tenant))).toEqual(new Set(["delivered"]));
    await checkInvariants(env.DB, tenant);
  },
);
