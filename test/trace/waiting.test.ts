import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { email, event, type MessageInput } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { disableEndpoint, setEndpointPaused } from "../../src/registry/endpoints.ts";
import { setTenantPaused } from "../../src/registry/tenants.ts";
import { listDeliveries } from "../../src/trace/deliveries.ts";
import { readDelivery } from "../../src/trace/delivery.ts";
import type { DeliveryNow } from "../../src/trace/delivery-view.ts";
import { listEmails } from "../../src/trace/emails.ts";
import { readMessage } from "../../src/trace/messages.ts";
import { refused } from "../support/outside/replies.ts";
import { ACCEPTED, World } from "../support/world.ts";

const MINUTE = 60_000;
let world: World;
let tenant: string;

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
});

const commit = async (...messages: MessageInput[]) =>
  (await world.commit(tenant, { messages })).messages.map(({ id }) => id);
const keyed = (n: number) => event("a", n, { orderingKey: "k" });

/** What each delivery waits for, by the payload of its message: as the list has it, and the trace of its message as well. */
async function waits(): Promise<
  [sequence: number, waitingFor: DeliveryNow["waitingFor"], until: number | null][]
> {
  const { entries } = await listDeliveries(env.DB, tenant, { limit: 100 }, world.now);
  for (const listed of entries) {
    const { waitingFor, until, messageId, endpointId } = listed;
    const traced = await readMessage(env.DB, tenant, messageId, world.now);
    const told = traced.deliveries.find((one) => one.endpointId === endpointId);
    expect(told).toMatchObject({ waitingFor, until });
    expect(await readDelivery(env.DB, tenant, { messageId, endpointId }, world.now)).toEqual(told);
  }
  return entries
    .map(
      ({ sequence, waitingFor, until }) =>
        [sequence, waitingFor, until] as [number, typeof waitingFor, number | null],
    )
    .toSorted(([one], [other]) => one - other);
}

const setEndpoint = (set: string, ...values: unknown[]) =>
  env.DB.prepare(`UPDATE outbox_endpoints SET ${set} WHERE tenant_id = ?`)
    .bind(...values, tenant)
    .run();

describe("a delivery says what it waits for", () => {
  test("the relay, a consumer, and nothing once it is settled", async () => {
    await world.createEndpoint(tenant);
    await commit(event("a", 1));
    expect(await waits()).toEqual([[1, "relay", null]]);
    await world.onAlarm(tenant);
    expect(await waits()).toEqual([[1, "underWay", world.now + world.leaseMs]]);
    world.now += world.leaseMs;
    expect(await waits(), "the lease has ended").toEqual([[1, "relay", null]]);
    world.queued.length = 0;
    await world.runUntilIdle(tenant);
    expect(await waits()).toEqual([[1, null, null]]);
  });

  test("its instant, and its next attempt", async () => {
    await world.createEndpoint(tenant, { retrySchedule: [60] });
    const deliverAt = new Date(world.now + MINUTE);
    await commit(event("a", 1, { deliverAt }));
    expect(await waits()).toEqual([[1, "schedule", deliverAt.getTime()]]);
    world.answer = () => refused();
    world.now += MINUTE;
    await world.onAlarm(tenant);
    await world.consume();
    const [[, waitingFor, until] = []] = await waits();
    expect(waitingFor).toBe("retry");
    expect(until).toBeGreaterThan(world.now);
    world.now = until ?? 0;
    expect(await waits()).toEqual([[1, "relay", null]]);
  });

  test("an earlier one of its ordering key, and one that is dead", async () => {
    await world.createEndpoint(tenant, { order: "strict", retrySchedule: [] });
    await commit(keyed(1), keyed(2), event("a", 3));
    expect(await waits()).toEqual([
      [1, "relay", null],
      [2, "key", null],
      [3, "relay", null],
    ]);
    world.answer = ({ payload }) => (payload === "1" ? refused() : ACCEPTED);
    await world.runUntilIdle(tenant);
    expect(await waits()).toEqual([
      [1, null, null],
      [2, "blockedKey", null],
      [3, null, null],
    ]);
  });

  test("a pause, of its endpoint or of its tenant, and a disabled endpoint", async () => {
    const paused = await world.createEndpoint(tenant);
    await commit(keyed(1), keyed(2));
    const pause = (isPaused: boolean) =>
      world.ask((tools) => setEndpointPaused(tools, tenant, paused, isPaused));
    await pause(true);
    expect(await waits()).toEqual([
      [1, "endpointPaused", null],
      [2, "endpointPaused", null],
    ]);
    await pause(false);
    await world.ask((tools) => setTenantPaused(tools, tenant, true));
    expect((await waits()).map(([, waitingFor]) => waitingFor)).toEqual(["tenantPaused", "tenantPaused"]);
    await world.ask((tools) => setTenantPaused(tools, tenant, false));
    await world.ask((tools) => disableEndpoint(tools, tenant, paused));
    expect((await waits()).map(([, waitingFor]) => waitingFor)).toEqual([
      "endpointDisabled",
      "endpointDisabled",
    ]);
  });

  test("an attempt under way, though its endpoint is paused meanwhile", async () => {
    const id = await world.createEndpoint(tenant);
    await commit(event("a", 1));
    await world.onAlarm(tenant);
    await world.ask((tools) => setEndpointPaused(tools, tenant, id, true));
    expect(await waits()).toEqual([[1, "underWay", world.now + world.leaseMs]]);
  });

  test("a breaker that is open, or lets a probe pass", async () => {
    await world.createEndpoint(tenant);
    await commit(event("a", 1));
    await setEndpoint("held_until = ?", world.now + MINUTE);
    expect(await waits()).toEqual([[1, "breaker", world.now + MINUTE]]);
    await setEndpoint("held_until = ?, probe_until = ?", world.now - 1, world.now + 7);
    expect(await waits()).toEqual([[1, "breaker", world.now + 7]]);
    await setEndpoint("probe_until = ?", world.now);
    expect(await waits(), "it may be the next probe").toEqual([[1, "relay", null]]);
  });

  test("a rate limit that is used up, and of several obstacles the one that ends last", async () => {
    await world.createEndpoint(tenant);
    await commit(event("a", 1));
    await setEndpoint("rate_limit = 0.1, paced_to = ?", world.now);
    expect(await waits()).toEqual([[1, "rateLimit", world.now + 10_000]]);
    await setEndpoint("held_until = ?", world.now + 9_999);
    expect(await waits()).toEqual([[1, "rateLimit", world.now + 10_000]]);
    await setEndpoint("held_until = ?", world.now + 10_001);
    expect(await waits()).toEqual([[1, "breaker", world.now + 10_001]]);
  });

  test("an e-mail, too", async () => {
    await commit(email({ to: "ada@example.com", subject: "Your order", text: "We have it" }));
    const [mail] = (await listEmails(env.DB, tenant, { limit: 10 }, world.now)).entries;
    expect(mail).toMatchObject({ waitingFor: "relay", until: null });
  });
});

test("what waits for the relay alone is what the relay claims, and nothing else", async () => {
  const ids = await Promise.all(
    ["lenient", "strict", "lenient", "strict"].map((order) =>
      world.createEndpoint(tenant, { order: order as "lenient", retrySchedule: [60] }),
    ),
  );
  world.answer = ({ payload }) => (Number(payload) % 3 === 0 ? refused() : ACCEPTED);
  await commit(
    ...Array.from({ length: 12 }, (_, n) => event("a", n, n % 2 ? { orderingKey: `k${n % 4}` } : {})),
  );
  await world.onAlarm(tenant);
  await world.consume();
  const later = new Date(world.now + MINUTE);
  await commit(
    ...Array.from({ length: 12 }, (_, n) =>
      event("a", n, { ...(n % 2 && { orderingKey: `k${n % 4}` }), ...(n % 5 === 0 && { deliverAt: later }) }),
    ),
  );
  await world.ask((tools) => setEndpointPaused(tools, tenant, ids[1] ?? "", true));
  await world.ask((tools) => disableEndpoint(tools, tenant, ids[2] ?? ""));

  const { entries } = await listDeliveries(env.DB, tenant, { limit: 100 }, world.now);
  const nameOf = ({ sequence, endpointId }: { sequence: number; endpointId: string }) =>
    `${sequence} to ${ids.indexOf(endpointId)}`;
  const foretold = entries.filter(({ waitingFor }) => waitingFor === "relay").map(nameOf);
  expect(entries.length).toBeGreaterThan(foretold.length);
  await world.onAlarm(tenant);
  const heads = world.queued.flatMap(({ body }) =>
    body.seqs.map((sequence) => nameOf({ sequence, endpointId: body.endpointId })),
  );
  // A key's run travels with its head.
  const behind = entries.filter(({ waitingFor }) => waitingFor === "key").map(nameOf);
  expect(foretold.length).toBeGreaterThan(limits.concurrentSends);
  expect(heads.filter((one) => !behind.includes(one)).toSorted()).toEqual(foretold.toSorted());
});
