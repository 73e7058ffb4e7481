import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Database } from "../../src/db/database.ts";
import { event } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import type { DeliveryTask } from "../../src/relay/delivery-task.ts";
import { drain } from "../../src/relay/drain.ts";
import { KnownReport } from "../../src/upkeep/report.ts";
import { backlogStatements } from "../support/database/backlog.ts";
import { countingDb, type D1Bill } from "../support/database/counting-db.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { countRows, statesOf } from "../support/database/rows.ts";
import { immortal, type Life } from "../support/faults/life.ts";
import { ACCEPTED, type QueuedTask, World } from "../support/world.ts";

/*
 * Setup: a tenant with 100,000 deliveries due to one endpoint, and another tenant with a single one.
 * Timeline: the relay of each drains; their tasks meet in the queue of their channel.
 * What this proves: the large backlog waits in D1. What it puts between the single delivery and its send is
 * bounded: so many tasks in the queue, and, within one invocation, a send or two.
 */

const BACKLOG = 100_000;
const TASKS_IN_FLIGHT = Math.ceil(limits.inFlightPerEndpoint / limits.packDeliveries);
const MOST_TASKS_IN_FLIGHT = limits.inFlightPerEndpointMost / limits.packDeliveries;

let world: World;
let big: string;
let crowded: string;
let small: string;

beforeEach(async () => {
  world = new World(env.DB);
  // The clock of the API is the real one: what is due here is overdue there.
  world.now = Date.now() - 60_000;
  big = await world.createTenant();
  crowded = await world.createEndpoint(big);
  small = await world.createTenant();
  await world.createEndpoint(small);
});

afterEach(() => checkInvariants(env.DB, small));

const backlogOf = (count: number) => {
  const statements = backlogStatements({ tenantId: big, endpointId: crowded, count, at: world.now });
  return env.DB.batch(statements.map((statement) => env.DB.prepare(statement)));
};
const commitSingle = () => world.commit(small, { messages: [event("a", "single")] });
const ofTenant = (tenant: string) => world.queued.filter(({ body }) => body.tenantId === tenant);

/** What a drain costs, and how many deliveries it takes. */
async function drainCounted(tenant: string): Promise<D1Bill & { claims: number }> {
  const { db, bill } = countingDb(env.DB);
  let claims = 0;
  const sendTasks = async (_: unknown, tasks: readonly DeliveryTask[]) => {
    claims += tasks.reduce((sum, { seqs }) => sum + seqs.length, 0);
  };
  const tools = { ...world.registryTools(), db, leaseMs: world.leaseMs, log: world.log, sendTasks };
  await drain(tools, tenant, world.windows);
  return { ...bill, claims };
}

describe("a tenant with 100,000 due deliveries", () => {
  test("has as many tasks in the queue as may be in flight, and no more: the rest waits in D1", async () => {
    await backlogOf(BACKLOG);
    expect(await countRows("deliveries", big)).toBe(BACKLOG);
    await world.onAlarm(big);
    expect(ofTenant(big)).toHaveLength(TASKS_IN_FLIGHT);
    await world.onAlarm(big);
    expect(ofTenant(big)).toHaveLength(TASKS_IN_FLIGHT);
    // Each task that is carried out makes room for as much as it settled, and for one more, up to the most.
    for (let turn = 1; turn <= 6; turn++) {
      await world.consume(immortal, world.queued.splice(0, 1));
      await world.onAlarm(big);
      expect(ofTenant(big)).toHaveLength(Math.min(TASKS_IN_FLIGHT + turn, MOST_TASKS_IN_FLIGHT));
    }
  });

  test("costs no more to drain than one with 1,000", async () => {
    await backlogOf(1_000);
    const modest = await drainCounted(big);
    big = await world.createTenant();
    crowded = await world.createEndpoint(big);
    await backlogOf(BACKLOG);
    const large = await drainCounted(big);
    expect(large).toMatchObject({ claims: limits.inFlightPerEndpoint, roundTrips: modest.roundTrips });
    expect(large.rowsWritten).toBe(modest.rowsWritten);
    expect(large.rowsRead).toBeLessThan(modest.rowsRead * 1.01);
  });

  test("costs another tenant's drain nothing: its single delivery is handed over at once", async () => {
    await backlogOf(BACKLOG);
    await world.onAlarm(big);
    await commitSingle();
    const bill = await drainCounted(small);
    expect(bill).toMatchObject({ claims: 1, roundTrips: 2, rowsWritten: 2 });
    expect(bill.rowsRead).toBeLessThan(60);
  });

  test("is not waited for where consumers run side by side", async () => {
    await backlogOf(BACKLOG);
    await world.onAlarm(big);
    const hung = hangingSends();
    const crowd = ofTenant(big).map((task) => world.consume(immortal, [task]));
    await expect.poll(hung.count).toBe(TASKS_IN_FLIGHT * limits.concurrentSends);

    await commitSingle();
    await world.onAlarm(small);
    await world.consume(immortal, ofTenant(small));
    expect(await statesOf(small)).toEqual(["delivered"]);
    expect(hung.count()).toBe(TASKS_IN_FLIGHT * limits.concurrentSends);

    hung.release();
    await Promise.all(crowd);
  });

  test("takes turns with the single delivery where one invocation has both: a send or two later it is sent", async () => {
    await backlogOf(BACKLOG);
    await commitSingle();
    await world.onAlarm(big);
    await world.onAlarm(small);
    const tasks: QueuedTask[] = [...ofTenant(big).slice(0, 1), ...ofTenant(small)];
    const reads = countingReads();
    const hung = hangingSends();
    const consuming = world.consume(reads.life, tasks);
    await expect.poll(reads.count).toBeGreaterThanOrEqual(tasks.length);
    await expect.poll(hung.count).toBeGreaterThanOrEqual(limits.concurrentSends);
    hung.release();
    await consuming;
    const position = world.sent.findIndex(({ payload }) => payload === '"single"');
    expect(position).toBeGreaterThanOrEqual(0);
    // A slot was kept for it.
    expect(position).toBeLessThan(limits.concurrentSends);
  });

  test("does not hide another from the sweep and from the health report", async () => {
    const overdue = async () => {
      world.now += limits.lateMs;
      await world.sweep();
      return (await new KnownReport().read(env.DB, world.now)).overdue;
    };
    await backlogOf(BACKLOG);
    const before = await overdue();
    await commitSingle();
    expect(await overdue()).toBe(before + 1);

    world.alarms.clear();
    world.now += limits.sweepGraceMs + 1;
    await world.sweep();
    expect([...world.alarms.keys()]).toEqual(expect.arrayContaining([big, small]));
    await world.runUntilIdle(small);
    expect(await statesOf(small)).toEqual(["delivered"]);
  });
});

describe("within a tenant", () => {
  test("an endpoint that hangs under a backlog holds back no claim of the others", async () => {
    await backlogOf(BACKLOG);
    await world.onAlarm(big);
    const hung = hangingSends();
    const crowd = world.consume(immortal, ofTenant(big));
    await expect.poll(hung.count).toBe(limits.concurrentSends);

    const other = await world.createEndpoint(big);
    world.queued.length = 0;
    await world.commit(big, { messages: [event("a", "other", { endpointIds: [other] })] });
    expect(world.alarms.get(big)).toBe(world.now + 1);
    await world.onAlarm(big);
    expect(world.queued).toMatchObject([{ body: { endpointId: other, seqs: [BACKLOG + 1] } }]);

    hung.release();
    await crowd;
  });

  test("more endpoints with a backlog than a round takes do not shut out one with a single delivery", async () => {
    const endpoints = [crowded];
    // A host each: what is in flight to one host is bounded.
    while (endpoints.length < 2 * limits.endpointsPerRound + 1) {
      const url = `https://host-${endpoints.length}.example.com/`;
      endpoints.push(await world.createEndpoint(big, { url }));
    }
    for (let n = 0; n < 6; n++)
      await world.commit(big, { messages: Array.from({ length: 100 }, (_, i) => event("a", i)) });
    const last = await world.createEndpoint(big, { url: "https://last.example.com/" });
    world.now += 1;
    await world.commit(big, { messages: [event("a", "last", { endpointIds: [last] })] });
    await world.onAlarm(big);
    expect(world.queued.filter(({ body }) => body.endpointId === last)).toHaveLength(1);
    expect(new Set(world.queued.map(({ body }) => body.endpointId)).size).toBe(endpoints.length + 1);
  });
});

/** From now on the crowd's sends do not end, until they are released. The single one's do. */
function hangingSends() {
  const held = Promise.withResolvers<void>();
  let count = 0;
  world.answer = async ({ endpoint }) => {
    if (endpoint.id === crowded) {
      count++;
      await held.promise;
    }
    return ACCEPTED;
  };
  return { count: () => count, release: () => held.resolve() };
}

/** A consumer whose calls to D1 are counted when they are answered: the first of each task is its read. */
function countingReads() {
  let count = 0;
  const db = (inner: Database): Database => ({
    prepare: (query) => inner.prepare(query),
    batch: async <T>(statements: D1PreparedStatement[]) => {
      const results = await inner.batch<T>(statements);
      count++;
      return results;
    },
  });
  const life: Life = { ...immortal, db };
  return { life, count: () => count };
}
