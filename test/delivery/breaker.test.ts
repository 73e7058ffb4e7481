import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { event } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { enableEndpoint, readEndpoint, updateEndpoint } from "../../src/registry/endpoints.ts";
import { selectOverdueTenants } from "../../src/upkeep/statements.ts";
import type { OverdueTenant } from "../../src/upkeep/sweep.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { deliveriesOf, statesOf } from "../support/database/rows.ts";
import { immortal, MortalLife } from "../support/faults/life.ts";
import { refused } from "../support/outside/replies.ts";
import { ACCEPTED, World } from "../support/world.ts";

const DAY = 24 * 3600_000;
let world: World;
let tenant: string;
let endpoint: string;

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
  endpoint = await world.createEndpoint(tenant);
});

afterEach(() => checkInvariants(env.DB, tenant));

const health = () => readEndpoint({ db: env.DB }, tenant, endpoint);
const attemptsOf = async () => (await deliveriesOf(tenant)).map(({ attempts }) => attempts);
const commitMany = (count: number) =>
  world.commit(tenant, { messages: Array.from({ length: count }, (_, n) => event("a", n)) });

/** Ten messages to an endpoint that fails: the breaker is open. */
async function openBreaker() {
  world.answer = () => refused();
  await commitMany(limits.breakerAttempts);
  await world.onAlarm(tenant);
  await world.consume();
}

/** The clock moves from alarm to alarm until the relay hands something over. Answers how many were sent. */
async function nextTurn(): Promise<number> {
  const before = world.sent.length;
  while (world.queued.length === 0 && world.alarms.has(tenant)) {
    world.now = Math.max(world.now, world.alarms.get(tenant) ?? 0);
    await world.onAlarm(tenant);
  }
  await world.consume();
  return world.sent.length - before;
}

describe("the breaker of an endpoint", () => {
  test("opens on ten failures; what waits spends no attempts, and the relay sleeps until it may try again", async () => {
    await openBreaker();
    expect(await health()).toMatchObject({
      state: "enabled",
      heldUntil: world.now + limits.breakerHoldMs,
      holds: 1,
    });
    await commitMany(20);
    await world.onAlarm(tenant);
    expect(world.queued).toEqual([]);
    expect(world.alarms.get(tenant)).toBe((await health()).heldUntil);
    expect(await attemptsOf()).toEqual([...Array(10).fill(1), ...Array(20).fill(0)]);
  });

  test("tries one delivery when its hold is over; a failure holds for longer, a success lets all of it go", async () => {
    await openBreaker();
    await commitMany(20);
    expect(await nextTurn()).toBe(1);
    expect(await health()).toMatchObject({ heldUntil: world.now + 2 * limits.breakerHoldMs, holds: 2 });
    expect(await nextTurn()).toBe(1);
    world.answer = () => ACCEPTED;
    expect(await nextTurn()).toBe(1);
    expect(await health()).toMatchObject({ heldUntil: null, holds: 0, failingSince: null });
    expect(await nextTurn()).toBeGreaterThanOrEqual(20);
    await world.runUntilIdle(tenant);
    expect(new Set(await statesOf(tenant))).toEqual(new Set(["delivered"]));
    expect(world.events.map(({ event }) => event)).toContain("endpoint.held");
    expect(world.events.map(({ event }) => event)).toContain("endpoint.freed");
  });

  test("looks again when the hold after a failed probe is over, and not only when the probe's lease would have ended", async () => {
    await openBreaker();
    await commitMany(20);
    expect(await nextTurn()).toBe(1);
    const { heldUntil } = await health();
    expect((heldUntil ?? 0) - world.now).toBeLessThan(world.leaseMs);
    expect(world.alarms.get(tenant)).toBe(heldUntil);
  });

  test("a large task stops when it opens: the rest is given back untried, without a longer lease", async () => {
    world.answer = async () => {
      // What came of the others is written meanwhile.
      for (const act of world.timers) act();
      for (let look = 0; look < 3; look++) await health();
      return refused();
    };
    await commitMany(limits.packDeliveries);
    await world.onAlarm(tenant);
    await world.consume();
    const tried = (await attemptsOf()).filter((attempts) => attempts > 0);
    expect(tried.length).toBeGreaterThanOrEqual(limits.breakerAttempts);
    expect(tried.length).toBeLessThan(limits.packDeliveries / 2);
    const rest = (await deliveriesOf(tenant)).filter(({ attempts }) => attempts === 0);
    expect(new Set(rest.map(({ state, claims }) => `${state} ${claims}`))).toEqual(new Set(["pending 0"]));
  });

  test("a task that was queued before it opened is given back untried", async () => {
    await commitMany(1);
    await world.onAlarm(tenant);
    const early = world.queued.splice(0);
    await openBreaker();
    const before = world.sent.length;
    await world.consume(immortal, early);
    expect(world.sent.length).toBe(before);
    expect((await deliveriesOf(tenant))[0]).toMatchObject({ state: "pending", attempts: 0 });
  });

  test("one endpoint's breaker holds no other's deliveries, and a single success among ten keeps nobody", async () => {
    const other = await world.createEndpoint(tenant);
    world.answer = (dispatch) => (dispatch.endpoint.id === endpoint ? refused() : ACCEPTED);
    await commitMany(30);
    await world.onAlarm(tenant);
    await world.consume();
    const states = (await deliveriesOf(tenant)).filter(({ endpoint_id }) => endpoint_id === other);
    expect(new Set(states.map(({ state }) => state))).toEqual(new Set(["delivered"]));
  });

  test("tries one also when a thousand others are due before its lease ends", async () => {
    await openBreaker();
    for (let n = 0; n < 12; n++) await commitMany(100);
    await env.DB.prepare("UPDATE outbox_deliveries SET due_at = ? WHERE tenant_id = ? AND seq > 300")
      .bind(world.now + 20_000, tenant)
      .run();
    world.now = (await health()).heldUntil ?? 0;
    await world.onAlarm(tenant);
    expect(world.queued.flatMap(({ body }) => body.seqs)).toHaveLength(1);
    expect(world.alarms.get(tenant)).toBe(world.now + world.leaseMs);
  });

  test("does not wait for a probe whose task was lost longer than a lease, however long the delivery's own has grown", async () => {
    await openBreaker();
    await env.DB.prepare("UPDATE outbox_deliveries SET claims = 5 WHERE tenant_id = ?").bind(tenant).run();
    world.now = (await health()).heldUntil ?? 0;
    await world.onAlarm(tenant);
    expect(world.queued.splice(0)).toHaveLength(1);
    expect(world.alarms.get(tenant)).toBe(world.now + world.leaseMs);
    world.answer = () => ACCEPTED;
    expect(await nextTurn()).toBe(1);
    expect((await health()).heldUntil).toBeNull();
  });

  test("is not kept open by a burst of messages that the receiver cannot take: every other probe is the latest", async () => {
    world.retrySchedule = Array(30).fill(1);
    world.answer = ({ payload }) => (payload.startsWith('"bad') ? refused() : ACCEPTED);
    const bad = Array.from({ length: 100 }, (_, n) => event("a", `bad${n}`));
    await world.commit(tenant, { messages: bad });
    await nextTurn();
    await world.commit(tenant, { messages: Array.from({ length: 100 }, (_, n) => event("a", `good${n}`)) });
    const committedAt = world.now;
    const isGood = () => world.sent.filter(({ payload }) => payload.startsWith('"good')).length;
    for (let turn = 0; turn < 400 && isGood() < 100; turn++) await nextTurn();
    expect(isGood()).toBe(100);
    expect(world.now - committedAt).toBeLessThan(10 * 60_000);
  });

  test("does not count the answers of an old address against the new one: neither a 410 nor failures", async () => {
    world.answer = async () => {
      const moved = { url: "https://example.com/new", signingSecret: "keep" } as const;
      await updateEndpoint(world.registryTools(), tenant, endpoint, moved);
      return refused({ kind: "gone", error: "gone", httpStatus: 410 });
    };
    await commitMany(1);
    await world.onAlarm(tenant);
    await world.consume();
    expect(await health()).toMatchObject({
      state: "enabled",
      target: "https://example.com/new",
      failingSince: null,
    });
  });

  test("keeps the order of a key", async () => {
    await openBreaker();
    await world.commit(tenant, {
      messages: [1, 2, 3].map((n) => event("a", `k${n}`, { orderingKey: "k" })),
    });
    await nextTurn();
    world.answer = () => ACCEPTED;
    await world.runUntilIdle(tenant);
    const keyed = world.sent.filter(({ payload }) => payload.startsWith('"k'));
    expect([...new Set(keyed.map(({ payload }) => payload))]).toEqual(['"k1"', '"k2"', '"k3"']);
  });

  test("the sweep and the health check do not count what it holds; afterwards they do", async () => {
    await openBreaker();
    await commitMany(1);
    const until = (await health()).heldUntil ?? 0;
    const isOverdue = async (before: number) =>
      (await selectOverdueTenants(env.DB, before, 1000).all<OverdueTenant>()).results.some(
        ({ tenant_id }) => tenant_id === tenant,
      );
    expect(await isOverdue(until)).toBe(false);
    expect(await isOverdue(until + 1)).toBe(true);
    world.alarms.clear();
    world.now = until + limits.sweepGraceMs + 1;
    await world.sweep();
    expect(await nextTurn()).toBe(1);
  });

  test("may lose the count of a process that died; no outcome is lost", async () => {
    world.answer = () => refused();
    await commitMany(limits.breakerAttempts);
    await world.onAlarm(tenant);
    // read, settle, and then the health: it dies before that is written.
    const life = new MortalLife(limits.breakerAttempts + 3, "before");
    await Promise.race([world.consume(life), life.death]);
    expect(life.isDead).toBe(true);
    expect(life.steps.at(-1)).toBe("d1.batch");
    expect(await attemptsOf()).toEqual(Array(limits.breakerAttempts).fill(1));
    expect(await health()).toMatchObject({ heldUntil: null, failingSince: null });
    world.answer = () => ACCEPTED;
    await world.sweep();
    world.now += limits.sweepGraceMs + 6_000;
    await world.sweep();
    await world.runUntilIdle(tenant);
    expect(new Set(await statesOf(tenant))).toEqual(new Set(["delivered"]));
  });

  test("our own failures and final answers about one message do not count", async () => {
    world.answer = () => refused({ kind: "permanent", error: "recipient_unknown" });
    await commitMany(20);
    await world.onAlarm(tenant);
    await world.consume();
    world.answer = () => Promise.reject(new Error("our own bug"));
    await commitMany(20);
    await world.onAlarm(tenant);
    await world.consume();
    expect(await health()).toMatchObject({ heldUntil: null, failingSince: null, windowAttempts: 0 });
  });
});

describe("an endpoint that does nothing but fail", () => {
  const failFor = async (days: number) => {
    const until = world.now + days * DAY;
    world.answer = () => refused();
    while (world.now < until) {
      await commitMany(1);
      await nextTurn();
      world.now += DAY / 4;
    }
  };

  test("is disabled after five days, with the reason; what waits stays, and goes out when it is enabled", async () => {
    world.retrySchedule = Array(30).fill(DAY / 2);
    await failFor(4.5);
    expect((await health()).state).toBe("enabled");
    await failFor(1);
    expect(await health()).toMatchObject({ state: "disabled", stateReason: "failing" });
    expect(world.events).toContainEqual(
      expect.objectContaining({ event: "endpoint.disabled", endpoint, reason: "failing" }),
    );
    const waiting = (await statesOf(tenant)).length;
    expect(new Set(await statesOf(tenant))).toEqual(new Set(["pending"]));
    world.answer = () => ACCEPTED;
    await enableEndpoint(world.registryTools(), tenant, endpoint);
    await world.runUntilIdle(tenant);
    expect(await statesOf(tenant)).toEqual(Array(waiting).fill("delivered"));
  });

  test("is spared by one success", async () => {
    world.retrySchedule = [];
    await failFor(4);
    world.answer = () => ACCEPTED;
    await commitMany(1);
    while ((await health()).failingSince !== null) {
      await nextTurn();
      world.now += 300_000;
    }
    await failFor(4);
    expect((await health()).state).toBe("enabled");
  });

  test("is not disabled for a failure now and a failure long ago", async () => {
    world.retrySchedule = [];
    await failFor(0.2);
    world.now += 30 * DAY;
    await failFor(0.2);
    expect(await health()).toMatchObject({ state: "enabled", failingSince: expect.any(Number) });
  });

  test("after as long as the setting says", async () => {
    world.disableAfterMs = 60_000;
    world.retrySchedule = [30, 30, 30, 30];
    world.answer = () => refused();
    await commitMany(1);
    await world.runUntilIdle(tenant);
    expect((await health()).state).toBe("disabled");
    expect((await deliveriesOf(tenant))[0]).toMatchObject({ state: "pending", attempts: 3 });
  });
});
