import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { event } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { updateEndpoint } from "../../src/registry/endpoints.ts";
import { Windows } from "../../src/relay/windows.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { statesOf } from "../support/database/rows.ts";
import { ACCEPTED, World } from "../support/world.ts";

let world: World;
let tenant: string;
/** Requests that the endpoints have open, and the most that one has had at once. */
let open: Map<string, number>;
let most: number;

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
  open = new Map();
  most = 0;
  world.answer = async ({ endpoint: { id } }) => {
    const now = (open.get(id) ?? 0) + 1;
    most = Math.max(most, now);
    open.set(id, now);
    for (let n = 0; n < 3; n++) await env.DB.prepare("SELECT 1").first();
    open.set(id, (open.get(id) ?? 0) - 1);
    return ACCEPTED;
  };
});

afterEach(() => checkInvariants(env.DB, tenant));

async function commitMany(count: number, make: (n: number) => Parameters<typeof event>) {
  for (let from = 0; from < count; from += 20) {
    const messages = Array.from({ length: Math.min(20, count - from) }, (_, n) => event(...make(from + n)));
    await world.commit(tenant, { messages });
  }
}

/** Each task has a consumer of its own, at once. */
async function consumeSideBySide() {
  await Promise.all(world.queued.splice(0).map((task) => world.consume(undefined, [task])));
}

async function runUntilIdle() {
  for (let turn = 0; turn < 200; turn++) {
    const alarmAt = world.alarms.get(tenant);
    if (alarmAt === undefined && world.queued.length === 0) return;
    if (alarmAt !== undefined) {
      world.now = Math.max(world.now, alarmAt);
      await world.onAlarm(tenant);
    }
    await consumeSideBySide();
  }
  throw new Error("The tenant is still busy after 200 turns");
}

const inOrder = () => {
  const seen = new Map<string, number>();
  for (const { orderingKey, payload } of world.sent) {
    const key = String(orderingKey);
    if (Number(payload) < (seen.get(key) ?? -1)) return false;
    seen.set(key, Number(payload));
  }
  return true;
};

describe("an endpoint gets no more requests at once than its maxConcurrency", () => {
  // As tasks send equally many: of seven, two send three each.
  test.each([
    [1, 1],
    [3, 3],
    [5, 5],
    [7, 6],
    [12, 12],
  ])("of %i, which are %i", async (maxConcurrency, sends) => {
    await world.createEndpoint(tenant, { maxConcurrency });
    const count = 50 * maxConcurrency;
    await commitMany(count, (n) => ["a", n]);
    await runUntilIdle();
    expect(world.sent).toHaveLength(count);
    expect(most).toBe(sends);
  });

  test.each([1, 3])(
    "of %i, when suspects travel alone, and large payloads in tasks of their own",
    async (maxConcurrency) => {
      await world.createEndpoint(tenant, { maxConcurrency });
      const large = "x".repeat(limits.payloadBytes - 100);
      await commitMany(24, (n) => ["a", n % 2 === 0 ? large : n]);
      await env.DB.prepare(
        "UPDATE outbox_deliveries SET claims = 3, starts = 2 WHERE tenant_id = ? AND seq > 20",
      )
        .bind(tenant)
        .run();
      await runUntilIdle();
      expect(world.sent).toHaveLength(24);
      expect(most).toBe(maxConcurrency);
      expect(new Set(await statesOf(tenant))).toEqual(new Set(["delivered"]));
    },
  );

  test("of 2, with ordering keys, whose order is kept", async () => {
    await world.createEndpoint(tenant, { maxConcurrency: 2 });
    await commitMany(120, (n) => ["a", n, { orderingKey: `k${n % 4}` }]);
    await runUntilIdle();
    expect(world.sent).toHaveLength(120);
    expect(most).toBe(2);
    expect(inOrder()).toBe(true);
  });

  test("while another endpoint of its tenant has as many as it keeps up with", async () => {
    const spared = await world.createEndpoint(tenant, { maxConcurrency: 1 });
    await world.createEndpoint(tenant);
    let mostOfOthers = 0;
    const answer = world.answer;
    world.answer = async (dispatch) => {
      const answered = answer(dispatch);
      mostOfOthers = Math.max(mostOfOthers, ...[...open].flatMap(([id, n]) => (id === spared ? [] : n)));
      expect(open.get(spared) ?? 0).toBeLessThanOrEqual(1);
      return answered;
    };
    await commitMany(100, (n) => ["a", n]);
    await runUntilIdle();
    expect(world.sent).toHaveLength(200);
    expect(mostOfOthers).toBeGreaterThanOrEqual(limits.concurrentSends);
  });

  test.each([2, 12, 20])("of %i, when it is not known yet how fast it is", async (maxConcurrency) => {
    world.windows = new Windows();
    await world.createEndpoint(tenant, { maxConcurrency });
    await commitMany(60, (n) => ["a", n]);
    await runUntilIdle();
    expect(world.sent).toHaveLength(60);
    expect(most).toBeLessThanOrEqual(maxConcurrency);
  });

  test.each([12, 20])(
    "of %i, while nothing is answered, though its relay begins anew",
    async (maxConcurrency) => {
      await world.createEndpoint(tenant, { maxConcurrency });
      await commitMany(100, (n) => ["a", n]);
      for (let drains = 0; drains < 5; drains++) {
        world.windows = new Windows();
        await world.onAlarm(tenant);
        world.now += limits.taskCountsMs + 1;
      }
      const sends = world.queued.reduce((sum, { body }) => sum + (body.sends ?? body.seqs.length), 0);
      expect(sends).toBeGreaterThan(0);
      expect(sends).toBeLessThanOrEqual(maxConcurrency);
    },
  );

  test("of 1, when a breaker lets a probe pass while an attempt is under way", async () => {
    await world.createEndpoint(tenant, { maxConcurrency: 1 });
    await commitMany(3, (n) => ["a", n]);
    await env.DB.prepare("UPDATE outbox_endpoints SET rate_limit = 1000 WHERE tenant_id = ?")
      .bind(tenant)
      .run();
    await world.onAlarm(tenant);
    const [task] = world.queued.splice(0);
    await env.DB.batch([
      env.DB.prepare(
        "UPDATE outbox_deliveries SET state = 'pending', lease_token = NULL, due_at = ?2 WHERE tenant_id = ?1 AND seq > 1",
      ).bind(tenant, world.now),
      env.DB.prepare("UPDATE outbox_endpoints SET held_until = ? WHERE tenant_id = ?").bind(
        world.now - 1,
        tenant,
      ),
    ]);
    await world.onAlarm(tenant);
    expect(world.queued).toEqual([]);
    await world.consume(undefined, task ? [task] : []);
    await runUntilIdle();
    expect(world.sent).toHaveLength(3);
    expect(most).toBe(1);
  });

  test("of 30, when a relay that begins anew would let a probe pass beside more than it has counted", async () => {
    await world.createEndpoint(tenant, { maxConcurrency: 30 });
    await commitMany(200, (n) => ["a", n]);
    await world.onAlarm(tenant);
    const { length } = world.queued;
    expect(world.queued.flatMap(({ body }) => body.seqs).length).toBeGreaterThan(30);
    await env.DB.prepare("UPDATE outbox_endpoints SET held_until = ? WHERE tenant_id = ?")
      .bind(world.now - 1, tenant)
      .run();
    world.windows = new Windows();
    await world.onAlarm(tenant);
    expect(world.queued).toHaveLength(length);
  });

  test("of 1, and what was begun without a result gets its turn, however much comes after it", async () => {
    await world.createEndpoint(tenant, { maxConcurrency: 1 });
    await commitMany(2, (n) => ["a", n]);
    await env.DB.prepare(
      "UPDATE outbox_deliveries SET claims = 3, starts = 2 WHERE tenant_id = ? AND seq = 1",
    )
      .bind(tenant)
      .run();
    for (let turn = 0; turn < 5; turn++) {
      await commitMany(20, (n) => ["a", 100 + n]);
      await world.onAlarm(tenant);
      await consumeSideBySide();
      world.now += 1000;
    }
    expect(world.sent.map(({ payload }) => payload).slice(0, 2)).toContain("0");
    expect(most).toBe(1);
  });

  test("of 1, and its rate limit is charged for what was handed over alone", async () => {
    await world.createEndpoint(tenant, { maxConcurrency: 1, rateLimit: 10 });
    const large = "x".repeat(limits.payloadBytes - 100);
    await commitMany(16, () => ["a", large]);
    await world.onAlarm(tenant);
    const handedOver = world.queued.flatMap(({ body }) => body.seqs).length;
    const claimed = await env.DB.prepare("SELECT paced_to FROM outbox_endpoints WHERE tenant_id = ?")
      .bind(tenant)
      .first<number>("paced_to");
    expect(handedOver).toBeLessThan(16);
    expect(claimed).toBeCloseTo(world.now - 2000 + handedOver * 100, 0);
  });
});

test("another maxConcurrency holds from the next claim on, for which the relay is woken", async () => {
  const id = await world.createEndpoint(tenant, { maxConcurrency: 1 });
  await commitMany(200, (n) => ["a", n]);
  await world.onAlarm(tenant);
  await consumeSideBySide();
  expect(most).toBe(1);
  world.alarms.delete(tenant);
  await world.ask((tools) => updateEndpoint(tools, tenant, id, { maxConcurrency: null }));
  expect(world.alarms.has(tenant)).toBe(true);
  await runUntilIdle();
  expect(world.sent).toHaveLength(200);
  expect(most).toBeGreaterThanOrEqual(limits.concurrentSends);
});
