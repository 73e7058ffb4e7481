import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { event } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { Windows } from "../../src/relay/windows.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { World } from "../support/world.ts";

const seen = { endpointId: "e", meanMs: 20, deliveries: 1, isBraking: false };
const { from, to, slowStep } = limits.shareMs;
const { short, long } = limits.queueWaitMs;
/** Tasks to unseen endpoints that a new share has time for. */
const AT_FIRST = from / limits.stallMs;
const MANY = 4 * AT_FIRST;

describe("a tenant's share of the consumers", () => {
  test("grows while its tasks wait no longer than in an empty queue, and halves when they do", () => {
    const windows = new Windows();
    windows.learn({ ...seen, waitedMs: 300 });
    expect(windows.share.ms).toBe(from + limits.stallMs);
    for (let n = 0; n < 10_000; n++) windows.learn({ ...seen, waitedMs: 0 });
    expect(windows.share.ms).toBe(to);
    windows.learn({ ...seen, waitedMs: short + 1 });
    expect(windows.share.ms).toBe(to);
    windows.learn({ ...seen, waitedMs: long + 2 });
    expect(windows.share.ms).toBe(to / 2);
    for (let n = 0; n < 100; n++) windows.learn({ ...seen, waitedMs: 2 * long });
    expect(windows.share.ms).toBe(from);
  });

  test("does not shrink for ever when one consumer's clock is behind, and its task seems to come before it was sent", () => {
    const windows = new Windows();
    windows.learn({ ...seen, waitedMs: -2 * long });
    for (let n = 0; n < 10; n++) windows.learn({ ...seen, waitedMs: 50 });
    expect(windows.share.ms).toBeGreaterThan(from + 2 * limits.stallMs);
  });

  test("follows a queue whose waits have become longer, as one task may have been lucky", () => {
    const windows = new Windows();
    windows.learn({ ...seen, waitedMs: 0 });
    for (let n = 0; n < 2 * long; n++) windows.learn({ ...seen, waitedMs: long });
    expect(windows.share.ms).toBeGreaterThan(from);
  });

  test("grows by little for a slow endpoint, and not for what is under way or was handed out before", () => {
    const windows = new Windows();
    windows.learn({ ...seen, meanMs: limits.slowMs, waitedMs: 0 });
    expect(windows.share.ms).toBe(from + slowStep);
    windows.learn({ ...seen, deliveries: 0, waitedMs: 0 });
    windows.learn(seen);
    expect(windows.share.ms).toBe(from + slowStep);
  });
});

describe("a tenant of many endpoints", () => {
  async function withEndpoints(count: number) {
    const world = new World(env.DB);
    world.windows = new Windows();
    const tenant = await world.createTenant();
    const endpoints: string[] = [];
    for (let n = 0; n < count; n++) endpoints.push(await world.createEndpoint(tenant));
    return { world, tenant, endpoints };
  }

  test("that nobody has seen gets few tasks at once, and more as soon as they are through", async () => {
    const { world, tenant } = await withEndpoints(MANY);
    await world.commit(tenant, { messages: [event("a", 1)] });
    await world.onAlarm(tenant);
    expect(world.queued).toHaveLength(AT_FIRST);
    expect(world.queued.every(({ body }) => body.tell)).toBe(true);
    const lookAt = world.now + limits.taskCountsMs;
    expect(world.alarms.get(tenant)).toBe(lookAt);
    await world.consume();
    expect(world.alarms.get(tenant)).toBeLessThan(lookAt);
    await world.onAlarm(tenant);
    expect(world.queued).toHaveLength(2 * AT_FIRST);
    await world.consume();
    await world.runUntilIdle(tenant);
    expect(world.sent).toHaveLength(MANY);
    expect(Math.max(...world.sent.map(({ at }) => at))).toBeLessThan(lookAt);
    await checkInvariants(env.DB, tenant);
  });

  test("whose tasks nobody hears of is served on: a task counts for some seconds at most", async () => {
    const { world, tenant } = await withEndpoints(2 * AT_FIRST);
    await world.commit(tenant, { messages: [event("a", 1)] });
    await world.onAlarm(tenant);
    const first = world.queued.splice(0).map(({ body }) => body.endpointId);
    world.now = world.alarms.get(tenant) ?? 0;
    await world.onAlarm(tenant);
    const second = world.queued.map(({ body }) => body.endpointId);
    expect(new Set([...first, ...second]).size).toBe(2 * AT_FIRST);
  });

  test("that do not answer keeps them from no endpoint that does", async () => {
    const { world, tenant, endpoints } = await withEndpoints(AT_FIRST + 5);
    const [good = "", ...bad] = endpoints;
    world.windows.learn({ ...seen, endpointId: good });
    for (const endpointId of bad)
      world.windows.learn({ ...seen, endpointId, meanMs: 9_000, isBraking: true });
    await world.commit(tenant, { messages: [event("a", 1)] });
    await world.onAlarm(tenant);
    const served = new Set(world.queued.map(({ body }) => body.endpointId));
    expect(served.size).toBe(AT_FIRST + 1);
    expect(served.has(good)).toBe(true);
  });

  test("asks to be told of the end of its tasks only where others wait for it", async () => {
    const { world, tenant } = await withEndpoints(1);
    await world.commit(tenant, { messages: [event("a", 1)] });
    await world.onAlarm(tenant);
    expect(world.queued.map(({ body }) => body.tell)).toEqual([undefined]);
  });
});
