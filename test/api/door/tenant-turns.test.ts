/** Costly requests of a tenant take turns, and nobody waits for another tenant's. */
import { describe, expect, test } from "vitest";
import { DoorMemory } from "../../../src/api/door/door-memory.ts";
import { TenantTurns } from "../../../src/api/door/tenant-turns.ts";
import { systemClock } from "../../../src/platform/clock.ts";
import { limits } from "../../../src/platform/limits.ts";
import { call, createTenant } from "../../support/worker/api.ts";
import { apiWith } from "../../support/worker/own-api.ts";

/** A clock that stands still, but for what is slept. `slept`: how long each time. */
function sleepingClock() {
  let now = Date.now();
  const slept: number[] = [];
  const sleep = async (ms: number) => {
    slept.push(ms);
    now += ms;
  };
  return { clock: { ...systemClock, now: () => now, sleep }, slept };
}

async function tenantOf(send: ReturnType<typeof apiWith>) {
  const { path, id } = await createTenant();
  const { body } = await call("POST", `${path}/tokens`, { body: { scopes: ["messages:write", "manage"] } });
  const headers = { authorization: `Bearer ${body.token}`, "content-type": "application/json" };
  const post = async (to: string, content: unknown) => {
    const answer = await send(`${path}/${to}`, { method: "POST", headers, body: JSON.stringify(content) });
    const [, left] = /r=(\d+)/.exec(answer.headers.get("ratelimit") ?? "") ?? [];
    return { status: answer.status, left: Number(left), answer };
  };
  return { path, id, headers, post };
}

const allowed = { rateLimits: { API_RATE: { limit: async () => ({ success: true }) } } };
const small = { eventType: "a", payload: 1 };
const large = { eventType: "a", payload: "x".repeat(2 * limits.smallBodyBytes) };
const largeCounts = (2 * limits.smallBodyBytes) / limits.bytesPerRequest + limits.requestsPerTurn;

describe("a large request", () => {
  test("waits for the one before of its tenant, as long as that takes to be allowed", async () => {
    const { clock, slept } = sleepingClock();
    const { post } = await tenantOf(apiWith({ ...allowed, clock }));
    await post("messages", large);
    expect(slept).toEqual([]);
    await post("messages", large);
    expect(slept).toEqual([largeCounts * limits.apiMsPerRequest]);
  });

  test("waits for none of another tenant, and no small one waits", async () => {
    const { clock, slept } = sleepingClock();
    const send = apiWith({ ...allowed, clock });
    const [one, other] = [await tenantOf(send), await tenantOf(send)];
    await one.post("messages", large);
    await other.post("messages", large);
    await one.post("messages", small);
    expect(slept).toEqual([]);
  });

  test("is refused, and leaves nothing behind, where it would have to wait for long", async () => {
    const { clock } = sleepingClock();
    const turns = new TenantTurns();
    turns.charge("acme", limits.turnWaitMs / limits.apiMsPerRequest, clock);
    await turns.wait("acme", clock);
    turns.charge("acme", limits.turnWaitMs / limits.apiMsPerRequest + 100, clock);
    const refused = await turns.wait("acme", clock).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: "rate_limited", retryAfterSeconds: 11 });
  });

  test("is not read to its end where that is known already", async () => {
    const { clock } = sleepingClock();
    const doorMemory = new DoorMemory();
    const { path, headers, id } = await tenantOf(apiWith({ ...allowed, clock, doorMemory }));
    doorMemory.turns.charge(id, (2 * limits.turnWaitMs) / limits.apiMsPerRequest, clock);
    let pieces = 0;
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          pieces++;
          controller.enqueue(new TextEncoder().encode(" ".repeat(limits.smallBodyBytes)));
          if (pieces === 8) controller.close();
        },
      },
      { highWaterMark: 0 },
    );
    const send = apiWith({ ...allowed, clock, doorMemory });
    const answer = await send(`${path}/messages/batch`, { method: "POST", headers, body });
    expect(answer.status).toBe(429);
    expect(Number(answer.headers.get("retry-after"))).toBe(20);
    expect(pieces).toBeLessThan(4);
  });

  test("is let in without a binding too, and takes turns all the same", async () => {
    const { clock, slept } = sleepingClock();
    const { post } = await tenantOf(apiWith({ clock }));
    await post("messages", large);
    expect((await post("messages", large)).status).toBe(202);
    expect(slept).toHaveLength(1);
  });
});

test("a check that takes long waits once, and from then on lets others have the thread", async () => {
  const { clock, slept } = sleepingClock();
  const { post } = await tenantOf(apiWith({ ...allowed, clock }));
  await post("event-types", { name: "a.busy", schema: { allOf: Array(999).fill({ type: "integer" }) } });
  slept.length = 0;
  const batch = { messages: Array(40).fill({ eventType: "a.busy", payload: 1 }) };
  expect((await post("messages/batch", batch)).status).toBe(202);
  const [first = 0, ...others] = slept;
  expect(first).toBeGreaterThan(0);
  expect(others.length).toBeGreaterThan(1);
  expect(others.every((ms) => ms === 0)).toBe(true);
});

test("a batch that D1 refuses at its end counts all the same, if it may have made many deliveries", async () => {
  const { clock, slept } = sleepingClock();
  const { post } = await tenantOf(apiWith({ ...allowed, clock }));
  const before = (await post("messages", small)).left;
  const lost = { ...small, endpointIds: ["ep_nowhere00000000000"] };
  const refused = await post("messages/batch", { messages: [...Array(11).fill(small), lost] });
  expect(refused.status).toBe(404);
  const { left } = await post("messages", small);
  const counts = Math.floor(limits.stepsPerTurn / limits.stepsPerRequest);
  expect(before - left).toBe(counts + 2);
  expect(slept).toEqual([counts * limits.apiMsPerRequest]);
  await post("messages", lost);
  expect(left - (await post("messages", small)).left).toBe(2);
});

test("a commit of thousands of deliveries counts for them, and the tenant's next one waits", async () => {
  const { clock, slept } = sleepingClock();
  const { path, post } = await tenantOf(apiWith({ ...allowed, clock }));
  for (let n = 0; n < 11; n++) {
    const body = { channel: "webhook", url: `https://h${n}.example.com/`, eventTypes: ["flood"] };
    await call("POST", `${path}/endpoints`, { body });
  }
  const flood = { messages: Array(100).fill({ eventType: "flood", payload: 1 }) };
  const before = (await post("messages", small)).left;
  expect((await post("messages/batch", flood)).status).toBe(202);
  expect(slept).toEqual([]);
  const counts = Math.floor((1100 * limits.stepsPerDelivery) / limits.stepsPerRequest);
  const { left } = await post("messages", small);
  expect(slept).toEqual([counts * limits.apiMsPerRequest]);
  // Both requests, and the values in the body of the first.
  expect(before - left).toBe(counts + 2 + Math.floor(503 / limits.valuesPerRequest));
  await post("messages", small);
  expect(slept).toHaveLength(1);
});
