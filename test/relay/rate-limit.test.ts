import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { event } from "../../src/outbox/message.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { statesOf } from "../support/database/rows.ts";
import { refused } from "../support/outside/replies.ts";
import { ACCEPTED, type Sent, World } from "../support/world.ts";

const MINUTE = 60_000;
let world: World;
let tenant: string;

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
});

afterEach(() => checkInvariants(env.DB, tenant));

async function createLimited(rateLimit: number): Promise<string> {
  const id = await world.createEndpoint(tenant);
  await env.DB.prepare("UPDATE outbox_endpoints SET rate_limit = ? WHERE tenant_id = ? AND id = ?")
    .bind(rateLimit, tenant, id)
    .run();
  return id;
}

async function commitMany(count: number, key?: string) {
  for (let from = 0; from < count; from += 100) {
    const messages = Array.from({ length: Math.min(100, count - from) }, (_, n) =>
      event("a", from + n, key === undefined ? {} : { orderingKey: `${key}${n % 7}` }),
    );
    await world.commit(tenant, { messages });
  }
}

/** Relay and consumers work while the clock moves from alarm to alarm; each is so many milliseconds late. */
async function run(untilMs: number, lateMs = 0) {
  const endsAt = world.now + untilMs;
  for (let at = world.alarms.get(tenant); at !== undefined && at <= endsAt; at = world.alarms.get(tenant)) {
    world.now = Math.max(world.now, at + lateMs);
    await world.onAlarm(tenant);
    await world.consume();
  }
  world.now = Math.max(world.now, endsAt);
}

/** The most and the least that were sent within any minute in which there was enough to do. */
function perMinute(sent: readonly Sent[], startedAt: number, endedAt: number) {
  const counts: number[] = [];
  for (let from = startedAt; from + MINUTE <= endedAt; from += 250) {
    counts.push(sent.filter(({ at }) => at >= from && at < from + MINUTE).length);
  }
  return { least: Math.min(...counts), most: Math.max(...counts) };
}

describe("a rate limit", () => {
  test.each([
    { rate: 10, lateMs: 0 },
    { rate: 10, lateMs: 200 },
    { rate: 2.5, lateMs: 40 },
    { rate: 25, lateMs: 900 },
  ])(
    "of $rate a second is exact over a minute within 5 %, with alarms $lateMs ms late",
    async ({ rate, lateMs }) => {
      await createLimited(rate);
      const startedAt = world.now;
      await commitMany(rate * 150);
      await run(2 * MINUTE, lateMs);
      const { least, most } = perMinute(world.sent, startedAt, world.now);
      expect(most).toBeLessThanOrEqual(rate * 60 * 1.05);
      expect(least).toBeGreaterThanOrEqual(rate * 60 * 0.95);
    },
  );

  test("below one a second lets a delivery pass each time there is room for one", async () => {
    await createLimited(0.1);
    await commitMany(4);
    const startedAt = world.now;
    await run(MINUTE);
    expect(world.sent.map(({ at }) => Math.round((at - startedAt) / 1000))).toEqual([0, 9, 19, 29]);
  });

  test("counts retries too, and what it holds back spends no attempts", async () => {
    world.retrySchedule = Array(20).fill(1);
    await createLimited(5);
    await commitMany(100);
    let n = 0;
    world.answer = () => (n++ % 2 === 0 ? refused() : ACCEPTED);
    const startedAt = world.now;
    await run(MINUTE);
    expect(new Set(await statesOf(tenant))).toEqual(new Set(["delivered"]));
    expect(world.sent).toHaveLength(200);
    const ms = (world.sent.at(-1)?.at ?? 0) - startedAt;
    expect(ms).toBeGreaterThanOrEqual(39_000);
    expect(ms).toBeLessThanOrEqual(42_000);
  });

  test("is the endpoint's own: another one of the tenant gets everything at once", async () => {
    const limited = await createLimited(1);
    await world.createEndpoint(tenant);
    await commitMany(50);
    const startedAt = world.now;
    await run(MINUTE * 1.5);
    const others = world.sent.filter(({ endpoint }) => endpoint.id !== limited);
    expect(others).toHaveLength(50);
    expect(Math.max(...others.map(({ at }) => at)) - startedAt).toBeLessThan(100);
    expect(world.sent).toHaveLength(100);
  });

  test("keeps the order of the keys", async () => {
    await createLimited(20);
    await commitMany(300, "k");
    await run(MINUTE);
    for (let key = 0; key < 7; key++) {
      const own = world.sent.map(({ payload }) => Number(payload)).filter((n) => (n % 100) % 7 === key);
      expect(own).toEqual(own.toSorted((a, b) => a - b));
    }
    expect(world.sent).toHaveLength(300);
  });

  test("does not save up: after a quiet hour two seconds' worth go out at once, and no more", async () => {
    await createLimited(10);
    await commitMany(1);
    await run(60 * MINUTE);
    await commitMany(100);
    const startedAt = world.now;
    await run(MINUTE);
    expect(world.sent.filter(({ at }) => at >= startedAt && at < startedAt + 900)).toHaveLength(20);
  });

  test("a single message does not wait for the next turn when there is room", async () => {
    await createLimited(10);
    await commitMany(3);
    await run(100);
    world.now += 150;
    await commitMany(1);
    const committedAt = world.now;
    await run(100);
    expect((world.sent.at(-1)?.at ?? 0) - committedAt).toBeLessThan(10);
    expect(world.sent).toHaveLength(4);
  });
});
