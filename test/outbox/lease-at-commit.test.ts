import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Database } from "../../src/db/database.ts";
import { email, event, type MessageInput } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { setEndpointPaused } from "../../src/registry/endpoints.ts";
import { setTenantPaused } from "../../src/registry/tenants.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { deliveriesOf, statesOf } from "../support/database/rows.ts";
import { immortal } from "../support/faults/life.ts";
import { refused } from "../support/outside/replies.ts";
import { ACCEPTED, World } from "../support/world.ts";

let world: World;
let tenant: string;

beforeEach(async () => {
  world = new World(env.DB);
  world.handOver = {};
  tenant = await world.createTenant();
});

afterEach(() => checkInvariants(env.DB, tenant));

const commit = (...messages: MessageInput[]) => world.commit(tenant, { messages });
const keyed = (n: number, orderingKey = "k") => event("a", n, { orderingKey });
const tasks = () => world.queued.map(({ channel, body }) => [channel, body.seqs]);

describe("a commit leases", () => {
  test("what nothing stands before, hands it over, and wakes no relay", async () => {
    const endpointId = await world.createEndpoint(tenant);
    const committedAt = world.now;
    await commit(event("a", 1), event("a", 2));

    const [first] = await deliveriesOf(tenant);
    expect(first).toMatchObject({
      state: "leased",
      due_at: committedAt + world.leaseMs,
      was_due_at: committedAt,
      claimed_at: committedAt,
      claims: 1,
      endpoint_id: endpointId,
    });
    expect(world.queued).toEqual([
      {
        channel: "webhook",
        body: { v: 1, tenantId: tenant, endpointId, leaseToken: first?.lease_token, seqs: [1, 2] },
      },
    ]);
    expect(world.alarms.has(tenant)).toBe(false);

    await world.consume();
    expect(world.sent).toHaveLength(2);
    expect(await statesOf(tenant)).toEqual(["delivered", "delivered"]);
    expect(world.alarms.has(tenant)).toBe(false);
  });

  test("for each channel by itself", async () => {
    await world.createEndpoint(tenant);
    await commit(event("a", 1), email({ to: "ada@example.com", subject: "Your order", text: "We have it" }));
    expect(tasks().toSorted()).toEqual([
      ["email", [2]],
      ["webhook", [1]],
    ]);
  });

  test("an e-mail while none is under way at its endpoint: those that follow are packed, and can share a request", async () => {
    const order = email({ to: "ada@example.com", subject: "Your order", text: "We have it" });
    await commit(order, order);
    expect(tasks()).toEqual([["email", [1, 2]]]);
    await commit(order);
    await commit(order);
    expect((await deliveriesOf(tenant)).map(({ state }) => state)).toEqual([
      "leased",
      "leased",
      "pending",
      "pending",
    ]);
    expect(world.alarms.has(tenant)).toBe(true);
    await world.runUntilIdle(tenant);
    expect(tasks()).toEqual([]);
    expect(await statesOf(tenant)).toEqual(["delivered", "delivered", "delivered", "delivered"]);
  });

  test("a run of an ordering key whole, and leaves what is too long for one to the relay", async () => {
    await world.createEndpoint(tenant);
    await commit(...Array.from({ length: limits.keyRun + 2 }, (_, n) => keyed(n)));
    const rows = await deliveriesOf(tenant);
    expect(rows.filter(({ state }) => state === "leased")).toHaveLength(limits.keyRun);
    expect(rows.slice(-2)).toMatchObject([
      { state: "pending", behind: 1 },
      { state: "pending", behind: 1 },
    ]);
    await world.runUntilIdle(tenant);
    expect(world.sent.map(({ payload }) => Number(payload))).toEqual(rows.map((_, n) => n));
  });
});

describe("a commit leaves to the relay", () => {
  async function isLeft(...messages: MessageInput[]) {
    const before = world.queued.length;
    await commit(...messages);
    const { state } = (await deliveriesOf(tenant)).at(-1) ?? {};
    expect(state).toBe("pending");
    expect(world.queued).toHaveLength(before);
  }

  test("what stands behind an earlier one of its key, without waking it: who settles that does", async () => {
    await world.createEndpoint(tenant);
    await commit(keyed(1));
    await isLeft(keyed(2));
    expect(world.alarms.has(tenant)).toBe(false);
    await world.consume();
    expect(world.alarms.has(tenant)).toBe(true);
    await world.runUntilIdle(tenant);
    expect(world.sent.map(({ payload }) => payload)).toEqual(["1", "2"]);
  });

  test("what is scheduled, and what comes after it in its key", async () => {
    await world.createEndpoint(tenant);
    const deliverAt = new Date(world.now + 60_000);
    await isLeft(event("a", 1, { orderingKey: "k", deliverAt }), keyed(2));
    expect(world.alarms.get(tenant)).toBe(deliverAt.getTime());
  });

  test("messages of a key of which some name their endpoints, because statements of their own would lease them", async () => {
    const endpointId = await world.createEndpoint(tenant);
    await isLeft(event("a", 1, { orderingKey: "k", endpointIds: [endpointId] }), keyed(2));
    await world.runUntilIdle(tenant);
    expect(world.sent.map(({ payload }) => payload)).toEqual(["1", "2"]);
  });

  test("what goes to a paused endpoint, or is a paused tenant's", async () => {
    const endpointId = await world.createEndpoint(tenant);
    await world.ask((tools) => setEndpointPaused(tools, tenant, endpointId, true));
    await isLeft(event("a", 1));
    expect(world.alarms.has(tenant), "is woken by who resumes it").toBe(false);
    const other = await world.createTenant();
    await world.createEndpoint(other);
    await world.ask((tools) => setTenantPaused(tools, other, true));
    await world.commit(other, { messages: [event("a", 1)] });
    expect(await statesOf(other)).toEqual(["pending"]);
  });

  test("what goes to an endpoint with a rate limit, which its claims are charged to", async () => {
    await world.createEndpoint(tenant, { rateLimit: 1 });
    await isLeft(event("a", 1));
  });

  test("what goes to an endpoint with a maxConcurrency, whose requests the relay counts", async () => {
    await world.createEndpoint(tenant, { maxConcurrency: 400 });
    await isLeft(event("a", 1));
  });

  test("what goes to an endpoint that fails, until it succeeds", async () => {
    await world.createEndpoint(tenant);
    world.answer = () => refused();
    await commit(event("a", 1));
    await world.consume();
    world.answer = () => ACCEPTED;
    await isLeft(event("a", 2));
    await world.runUntilIdle(tenant);
    await commit(event("a", 3));
    expect(tasks()).toEqual([["webhook", [3]]]);
  });

  test("what finds others due at its endpoint, as they were committed before it", async () => {
    await world.createEndpoint(tenant);
    world.handOver = undefined;
    await commit(event("a", 1));
    world.handOver = {};
    await isLeft(event("a", 2));
    await world.onAlarm(tenant);
    expect(tasks()).toEqual([["webhook", [1, 2]]]);
  });

  test("what comes while the tenant has so many under way", async () => {
    await world.createEndpoint(tenant, { eventTypes: ["a"] });
    await world.createEndpoint(tenant, { eventTypes: ["b"] });
    const { endpoints } = limits.leasedAtCommit;
    for (let n = 0; n < endpoints; n++) await commit(event("a", n));
    expect(world.queued).toHaveLength(endpoints);
    await isLeft(event("b", 1));
  });

  test("what is more than some endpoints, or some deliveries", async () => {
    const { endpoints, deliveries } = limits.leasedAtCommit;
    for (let n = 0; n <= endpoints; n++) await world.createEndpoint(tenant, { eventTypes: ["a"] });
    await world.createEndpoint(tenant, { eventTypes: ["b"] });
    const leased = async () => (await deliveriesOf(tenant)).filter(({ state }) => state === "leased").length;
    await commit(event("a", 1));
    expect(await leased()).toBe(endpoints);
    await world.runUntilIdle(tenant);
    for (let from = 0; from < 2; from++)
      await commit(...Array.from({ length: limits.messagesPerCommit }, (_, n) => event("b", n)));
    expect(await leased()).toBe(deliveries);
  });

  test("what comes while so many wait that those under way are not seen; but few that wait are no matter", async () => {
    await world.createEndpoint(tenant);
    const deliverAt = new Date(world.now + 3600_000);
    const later = (count: number) => Array.from({ length: count }, (_, n) => event("a", n, { deliverAt }));
    await commit(...later(limits.leasedAtCommit.looked - 1));
    await commit(event("a", 1));
    expect(world.queued).toHaveLength(1);
    await world.consume();
    await commit(...later(1));
    await isLeft(event("a", 2));
  });

  test("what goes by a channel whose queue it does not reach", async () => {
    world.handOver = { channels: ["email"] };
    await world.createEndpoint(tenant);
    await isLeft(event("a", 1));
    expect(world.alarms.has(tenant)).toBe(true);
  });
});

describe("a hand-over", () => {
  /** Loses the answer of the first batch. */
  function losingFirstAnswer(db: Database): Database {
    let isLost = false;
    return {
      prepare: (query) => db.prepare(query),
      batch: async <T>(statements: D1PreparedStatement[]) => {
        const results = await db.batch<T>(statements);
        if (isLost) return results;
        isLost = true;
        throw new Error("D1_ERROR: Network connection lost.");
      },
    };
  }

  test("that the queue refuses wakes the relay, which hands over again in 5 seconds", async () => {
    await world.createEndpoint(tenant);
    world.handOver = { sendTasks: () => Promise.reject(new Error("Queue is unavailable")) };
    await commit(event("a", 1));
    const dueAt = world.now + limits.relayBackoffMs;
    expect(await deliveriesOf(tenant)).toMatchObject([{ state: "leased", due_at: dueAt, claims: 0 }]);
    expect(world.alarms.get(tenant)).toBe(dueAt);
    await world.runUntilIdle(tenant);
    expect(world.sent).toHaveLength(1);
  });

  test.each([
    ["with an idempotency key", { idempotencyKey: "key" }],
    ["without one", {}],
  ])("is made after all when D1's answer to the commit was lost, %s", async (_, key) => {
    await world.createEndpoint(tenant);
    const life = { ...immortal, db: losingFirstAnswer };
    await world.commit(tenant, { messages: [event("a", 1)], ...key }, life);
    expect(tasks()).toEqual([["webhook", [1]]]);
    await world.consume();
    expect(await statesOf(tenant)).toEqual(["delivered"]);
  });

  test("is not made twice for a commit that is repeated", async () => {
    await world.createEndpoint(tenant);
    const request = { messages: [event("a", 1)], idempotencyKey: "key" };
    await world.commit(tenant, request);
    expect(await world.commit(tenant, request)).toMatchObject({ duplicate: true });
    expect(tasks()).toEqual([["webhook", [1]]]);
  });

  test("that is lost is made up for by the sweep, when the lease has ended", async () => {
    await world.createEndpoint(tenant);
    await commit(event("a", 1));
    world.queued.length = 0;
    world.now += world.leaseMs + limits.sweepGraceMs + 1;
    await world.sweep();
    await world.runUntilIdle(tenant);
    expect(world.sent).toHaveLength(1);
  });
});
