import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ChannelName } from "../../src/domain/states.ts";
import { event } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { createEndpoint } from "../../src/registry/endpoints.ts";
import type { DeliveryTask } from "../../src/relay/delivery-task.ts";
import { drain } from "../../src/relay/drain.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { deliveriesOf, statesOf } from "../support/database/rows.ts";
import { World } from "../support/world.ts";

let world: World;
let tenant: string;
let email: string;

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
  const input = { channel: "email", address: "a@example.com" } as const;
  email = (await createEndpoint(world.registryTools(), tenant, input)).id;
});

afterEach(() => checkInvariants(env.DB, tenant));

const NEVER = new Promise<never>(() => {});
const commit = (count = 1) =>
  world.commit(tenant, { messages: Array.from({ length: count }, (_, n) => event("a", n)) });

/** Ends every wait for an answer, as the passing of time does. */
function timeOut(): void {
  const timers = [...world.timers];
  world.timers.clear();
  for (const act of timers) act();
}

/** A drain whose webhook queue does not answer. */
function drainWith(sendWebhooks: (tasks: readonly DeliveryTask[]) => Promise<void>) {
  const sent: DeliveryTask[] = [];
  const sendTasks = async (channel: ChannelName, tasks: readonly DeliveryTask[]) => {
    if (channel === "webhook") return sendWebhooks(tasks);
    sent.push(...tasks);
  };
  const tools = { ...world.registryTools(), leaseMs: 60_000, log: world.log, sendTasks };
  const drained = drain(tools, tenant, world.windows);
  return { drained, sent };
}

describe("a queue that does not answer", () => {
  test("holds up no other channel: what goes through that is handed over at once", async () => {
    await world.createEndpoint(tenant);
    await commit();
    const { drained, sent } = drainWith(() => NEVER);
    await expect.poll(() => sent.map(({ endpointId }) => endpointId)).toEqual([email]);
    timeOut();
    expect(await drained).toBe(world.now + limits.relayBackoffMs);
  });

  test("is given up on: what it was to take is due again soon, and may be settled if it has it after all", async () => {
    const webhook = await world.createEndpoint(tenant);
    await commit();
    const kept: DeliveryTask[] = [];
    const { drained } = drainWith((tasks) => {
      kept.push(...structuredClone(tasks));
      return NEVER;
    });
    await expect.poll(() => kept.length).toBe(1);
    timeOut();
    await drained;
    const [row] = (await deliveriesOf(tenant)).filter(({ endpoint_id }) => endpoint_id === webhook);
    expect(row).toMatchObject({ state: "leased", claims: 0, due_at: world.now + limits.relayBackoffMs });
    expect(row?.lease_token).toBe(kept[0]?.leaseToken);
    expect(world.events).toContainEqual(
      expect.objectContaining({ event: "relay.send_refused", channel: "webhook", tasks: 1 }),
    );
    world.timeoutMs = 1000;
    await world.consume(
      undefined,
      kept.map((body) => ({ channel: "webhook", body })),
    );
    expect(world.sent).toHaveLength(1);
    expect(await statesOf(tenant)).toContain("delivered");
  });

  test("is asked once in a drain, however many endpoints have something for it", async () => {
    for (let n = 0; n < limits.endpointsPerRound + 3; n++) await world.createEndpoint(tenant);
    await commit();
    let asked = 0;
    const { drained, sent } = drainWith(() => {
      asked++;
      return NEVER;
    });
    await expect.poll(() => sent.length + asked).toBeGreaterThan(0);
    await expect.poll(() => world.timers.size).toBe(1);
    timeOut();
    await drained;
    expect(asked).toBe(1);
    expect(sent).toHaveLength(1);
    const untouched = (await deliveriesOf(tenant)).filter(({ state }) => state === "pending");
    expect(untouched.length).toBeGreaterThan(0);
  });

  test("or refuses one batch of many is not asked for the rest, and all of it is due again", async () => {
    await world.createEndpoint(tenant);
    await commit(100);
    await env.DB.prepare("UPDATE outbox_deliveries SET claims = 9 WHERE tenant_id = ?").bind(tenant).run();
    await commit(60);
    await env.DB.prepare("UPDATE outbox_deliveries SET claims = 9 WHERE tenant_id = ?").bind(tenant).run();
    let asked = 0;
    await drainWith(() => {
      asked++;
      return Promise.reject(new Error("Queue is unavailable"));
    }).drained;
    expect(asked).toBe(1);
    const webhooks = (await deliveriesOf(tenant)).filter(({ endpoint_id }) => endpoint_id !== email);
    expect(webhooks).toHaveLength(160);
    for (const row of webhooks) {
      expect(row).toMatchObject({ state: "leased", due_at: world.now + limits.relayBackoffMs, claims: 9 });
    }
  });
});

describe("a D1 that does not answer", () => {
  test.each(["the look", "the claim"])(
    "to %s ends the drain, and the alarm is set for another try",
    async (which) => {
      await commit();
      world.alarms.clear();
      let batches = 0;
      const hanging = {
        prepare: (query: string) => {
          const statement = env.DB.prepare(query);
          if (which === "the look" && batches === 0) return { bind: () => ({ all: () => NEVER }) } as never;
          return statement;
        },
        batch: () => {
          batches++;
          return NEVER;
        },
      };
      const drained = world.onAlarm(tenant, { step: (_, act) => act(), db: () => hanging });
      await expect.poll(() => world.timers.size).toBe(1);
      timeOut();
      await drained;
      expect(world.alarms.get(tenant)).toBe(world.now + limits.relayBackoffMs);
      expect(world.events).toContainEqual(expect.objectContaining({ event: "relay.drain_failed" }));
      await world.runUntilIdle(tenant);
      expect(await statesOf(tenant)).toEqual(["delivered"]);
    },
  );

  test("in the time of a whole drain, but does after all, lets it claim all the same", async () => {
    await commit();
    const slow = {
      ...world.registryTools().db,
      prepare: (query: string) => {
        world.now += limits.drainMs;
        return env.DB.prepare(query);
      },
      batch: (statements: D1PreparedStatement[]) => env.DB.batch(statements),
    } as never;
    const sendTasks = async () => {};
    await drain({ ...world.registryTools(), db: slow, leaseMs: 60_000, log: world.log, sendTasks }, tenant);
    expect(await statesOf(tenant)).toEqual(["leased"]);
  });

  test("leaves no timer behind when it does", async () => {
    await commit();
    await world.onAlarm(tenant);
    expect(world.timers.size).toBe(0);
  });
});
