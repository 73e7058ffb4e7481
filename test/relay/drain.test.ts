import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { event } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { deleteEndpoint, disableEndpoint, enableEndpoint } from "../../src/registry/endpoints.ts";
import type { DeliveryTask } from "../../src/relay/delivery-task.ts";
import { drain } from "../../src/relay/drain.ts";
import { countingDb } from "../support/database/counting-db.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { deliveriesOf, statesOf } from "../support/database/rows.ts";
import { World } from "../support/world.ts";

let world: World;
let tenant: string;

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
});

afterEach(() => checkInvariants(env.DB, tenant));

const keyed = (n: number, orderingKey = "k") => event("a", n, { orderingKey });
const commit = (...messages: ReturnType<typeof event>[]) => world.commit(tenant, { messages });
const seqs = () => world.queued.map(({ body }) => body.seqs);

describe("claiming", () => {
  test("takes what is due, leaves what is not, and says when to come back", async () => {
    await world.createEndpoint(tenant);
    const deliverAt = new Date(world.now + 30_000);
    await commit(event("a", 1), event("a", 2, { deliverAt }), event("a", 3));

    await world.onAlarm(tenant);

    expect(seqs()).toEqual([[1, 3]]);
    expect(await statesOf(tenant)).toEqual(["leased", "pending", "leased"]);
    expect(world.alarms.get(tenant)).toBe(deliverAt.getTime());
  });

  test("claims until the lease ends, which is when it looks again", async () => {
    await world.createEndpoint(tenant);
    await commit(event("a", 1));
    await world.onAlarm(tenant);
    expect(await deliveriesOf(tenant)).toMatchObject([
      { state: "leased", due_at: world.now + world.leaseMs, claims: 1 },
    ]);
    expect(world.alarms.get(tenant)).toBe(world.now + world.leaseMs);
  });

  test("a lease that ran out is due again, with another token and a lease twice as long", async () => {
    await world.createEndpoint(tenant);
    await commit(event("a", 1));
    await world.onAlarm(tenant);
    const first = world.queued.splice(0)[0]?.body.leaseToken;
    world.now += world.leaseMs - 1;
    await world.onAlarm(tenant);
    expect(world.queued).toEqual([]);
    world.now += 1;
    await world.onAlarm(tenant);
    expect(world.queued[0]?.body.leaseToken).not.toBe(first);
    expect(await deliveriesOf(tenant)).toMatchObject([{ due_at: world.now + 2 * world.leaseMs, claims: 2 }]);
  });

  test("with nothing to do no alarm is set: an idle tenant costs nothing", async () => {
    await world.onAlarm(tenant);
    expect(world.alarms.has(tenant)).toBe(false);
  });

  test("packs so many deliveries to a task and no more, and puts no payload into it", async () => {
    await world.createEndpoint(tenant);
    const messages = Array.from({ length: 100 }, (_, n) => event("a", { n, secret: "do not queue me" }));
    await world.commit(tenant, { messages });
    await world.commit(tenant, { messages: messages.slice(0, 50) });
    await world.onAlarm(tenant);
    expect(seqs().map((pack) => pack.length)).toEqual([limits.packDeliveries, 150 - limits.packDeliveries]);
    for (const { body } of world.queued) {
      expect(JSON.stringify(body)).not.toContain("secret");
      expect(JSON.stringify(body).length).toBeLessThan(limits.taskBytes);
    }
  });

  test("claims no more than may be in flight; the rest waits in D1, and goes on as outcomes come in", async () => {
    await world.createEndpoint(tenant);
    const count = 2 * limits.inFlightPerEndpoint;
    for (let n = 0; n < count; n += limits.packDeliveries)
      await commit(...Array.from({ length: limits.packDeliveries }, (_, i) => event("a", n + i)));
    await world.onAlarm(tenant);
    expect(seqs().flat()).toHaveLength(limits.inFlightPerEndpoint);
    expect(world.alarms.get(tenant)).toBe(world.now + world.leaseMs);
    await world.onAlarm(tenant);
    expect(seqs().flat()).toHaveLength(limits.inFlightPerEndpoint);

    await world.consume(undefined, world.queued.splice(0, 1));
    expect(world.alarms.get(tenant)).toBe(world.now + 1);
    await world.onAlarm(tenant);
    // One pack more, as one went well.
    expect(seqs().flat()).toHaveLength(limits.inFlightPerEndpoint + limits.packDeliveries);
    await world.runUntilIdle(tenant);
    expect(new Set(world.sent.map(({ payload }) => payload)).size).toBe(count);
    expect(world.sent).toHaveLength(count);
  });

  test("each endpoint has tasks of its own", async () => {
    const endpoints = [await world.createEndpoint(tenant), await world.createEndpoint(tenant)];
    await commit(event("a", 1), event("a", 2));
    await world.onAlarm(tenant);
    expect(world.queued.map(({ body }) => body.endpointId).toSorted()).toEqual(endpoints.toSorted());
  });

  test("reads a number of rows for each claim that does not grow with the backlog", async () => {
    const readsPerClaim = async (backlog: number) => {
      tenant = await world.createTenant();
      await world.createEndpoint(tenant);
      for (let n = 0; n < backlog; n += 100) {
        await commit(
          ...Array.from({ length: 100 }, (_, i) => (i % 2 ? event("a", i) : keyed(i, `k${i % 40}`))),
        );
      }
      const { db, bill } = countingDb(env.DB);
      let claims = 0;
      const sendTasks = async (_: unknown, tasks: readonly DeliveryTask[]) => {
        claims += tasks.reduce((sum, { seqs }) => sum + seqs.length, 0);
      };
      const tools = { ...world.registryTools(), db, leaseMs: 60_000, log: world.log, sendTasks };
      await drain(tools, tenant, world.windows);
      return bill.rowsRead / claims;
    };
    const small = await readsPerClaim(500);
    const large = await readsPerClaim(4_000);
    expect(small).toBeLessThan(15);
    expect(large).toBeLessThan(small * 1.1);
  });
});

describe("ordering keys", () => {
  test("a key's run travels whole and in order, up to its limit", async () => {
    await world.createEndpoint(tenant);
    await commit(...Array.from({ length: limits.keyRun + 5 }, (_, n) => keyed(n)));
    await world.onAlarm(tenant);
    expect(seqs()).toEqual([Array.from({ length: limits.keyRun }, (_, n) => n + 1)]);
  });

  test("a delivery behind a claimed one is not claimed before it is settled", async () => {
    await world.createEndpoint(tenant);
    await commit(keyed(1));
    await world.onAlarm(tenant);
    const first = world.queued.splice(0);
    await commit(keyed(2), keyed(3, "other"));
    await world.onAlarm(tenant);
    expect(seqs()).toEqual([[3]]);
    world.queued.length = 0;
    await world.consume(undefined, first);
    await world.onAlarm(tenant);
    expect(seqs()).toEqual([[2]]);
  });

  test("a head that waits for its retry holds back its key, and no other", async () => {
    await world.createEndpoint(tenant);
    world.answer = ({ payload }) => ({
      kind: payload === "1" ? "temporary" : "accepted",
      ...({
        error: "http_status",
        httpStatus: 500,
        excerpt: null,
        retryAfterMs: null,
      } as const),
    });
    await commit(keyed(1), keyed(2), keyed(3, "other"), event("a", 4));
    await world.onAlarm(tenant);
    await world.consume();
    expect(world.sent.map(({ payload }) => payload).toSorted()).toEqual(["1", "3", "4"]);
    await world.onAlarm(tenant);
    expect(world.queued).toEqual([]);
    expect((await deliveriesOf(tenant)).map(({ behind }) => behind)).toEqual([0, 1, 0, 0]);
  });

  test("a thousand deliveries behind a blocked head are not even read", async () => {
    await world.createEndpoint(tenant);
    for (let n = 0; n < 10; n++) await commit(...Array.from({ length: 100 }, () => keyed(n)));
    await env.DB.prepare("UPDATE outbox_deliveries SET due_at = ? WHERE tenant_id = ? AND seq = 1")
      .bind(world.now + 60_000, tenant)
      .run();
    await commit(event("a", "free"));
    const { db, bill } = countingDb(env.DB);
    const sendTasks = async () => {};
    const tools = { ...world.registryTools(), db, leaseMs: 60_000, log: world.log, sendTasks };
    await drain(tools, tenant, world.windows);
    expect(
      (await deliveriesOf(tenant)).filter(({ state }) => state === "leased").map(({ seq }) => seq),
    ).toEqual([1001]);
    expect(bill.rowsRead).toBeLessThan(100);
  });

  test("a limit cuts a run short, and never takes a later one without the earlier", async () => {
    await world.createEndpoint(tenant);
    const keys = Array.from({ length: limits.inFlightPerEndpoint / 2 }, (_, n) => `k${n}`);
    for (let from = 0; from < keys.length; from += 50) {
      await commit(...keys.slice(from, from + 50).flatMap((key) => [keyed(1, key), keyed(2, key)]));
    }
    await commit(...Array.from({ length: 100 }, (_, n) => keyed(3, `k${n}`)));
    const claimed: DeliveryTask[] = [];
    const sendTasks = async (_: unknown, tasks: readonly DeliveryTask[]) => void claimed.push(...tasks);
    const tools = { ...world.registryTools(), leaseMs: 60_000, log: world.log, sendTasks };
    await drain(tools, tenant, world.windows);
    const rows = await env.DB.prepare(
      `SELECT count(*) AS count FROM outbox_deliveries later JOIN outbox_deliveries earlier USING (tenant_id, endpoint_id, ordering_key)
       WHERE tenant_id = ? AND earlier.seq < later.seq AND later.state = 'leased' AND earlier.state = 'pending'`,
    )
      .bind(tenant)
      .first("count");
    expect(rows).toBe(0);
    expect(claimed.flatMap(({ seqs }) => seqs).length).toBeGreaterThanOrEqual(limits.inFlightPerEndpoint);
  });

  test("a run whose lease ended unheard of is claimed again from its head", async () => {
    await world.createEndpoint(tenant);
    await commit(keyed(1), keyed(2), keyed(3));
    await world.onAlarm(tenant);
    world.queued.length = 0;
    world.now += world.leaseMs;
    await world.onAlarm(tenant);
    expect(seqs()).toEqual([[1, 2, 3]]);
  });

  test("due deliveries that an earlier one blocks are moved behind it, and freed when it is settled", async () => {
    await world.createEndpoint(tenant);
    await commit(keyed(1), keyed(2));
    await world.onAlarm(tenant);
    world.queued.length = 0;
    // As after a replay of the first: it waits, while the lease of the second runs out.
    await env.DB.prepare(
      "UPDATE outbox_deliveries SET due_at = ?2, state = 'pending', lease_token = NULL WHERE tenant_id = ?1 AND seq = 1",
    )
      .bind(tenant, world.now + 10 * world.leaseMs)
      .run();
    world.now += world.leaseMs;
    await world.onAlarm(tenant);
    expect(world.queued).toEqual([]);
    expect((await deliveriesOf(tenant)).map(({ behind }) => behind)).toEqual([0, 1]);
    expect(world.alarms.get(tenant)).toBeGreaterThan(world.now + 1);

    await world.runUntilIdle(tenant);
    expect(world.sent.map(({ payload }) => payload)).toEqual(["1", "2"]);
  });
});

describe("when something fails", () => {
  const refuse = () => Promise.reject(new Error("Queue is unavailable"));

  test("deliveries that a queue refuses are due again a little later", async () => {
    await world.createEndpoint(tenant);
    await commit(keyed(1), keyed(2), event("a", 3));
    await drain({ ...world.registryTools(), leaseMs: 60_000, log: world.log, sendTasks: refuse }, tenant);
    const rows = await deliveriesOf(tenant);
    expect(rows).toMatchObject(
      rows.map(() => ({ state: "leased", claims: 0, due_at: world.now + limits.relayBackoffMs })),
    );
    expect(world.events).toContainEqual(expect.objectContaining({ event: "relay.send_refused", tasks: 1 }));
    await world.onAlarm(tenant);
    await world.runUntilIdle(tenant);
    expect(world.sent.map(({ payload }) => payload).toSorted()).toEqual(["1", "2", "3"]);
  });

  test("a drain that fails sets the alarm for another try, and does not throw", async () => {
    const life = {
      step: <T>(_: string, act: () => Promise<T>) => act(),
      db: () => ({
        prepare: () => {
          throw new Error("D1 is down");
        },
        batch: refuse,
      }),
    };
    await world.onAlarm(tenant, life);
    expect(world.alarms.get(tenant)).toBe(world.now + limits.relayBackoffMs);
    expect(world.events).toContainEqual({ event: "relay.drain_failed", tenant, error: "Error: D1 is down" });
  });
});

describe("endpoints that are not to be sent to", () => {
  test("a disabled one keeps its deliveries, and does not keep the relay awake; enabled, they go out", async () => {
    const endpoint = await world.createEndpoint(tenant);
    await commit(event("a", 1));
    await disableEndpoint(world.registryTools(), tenant, endpoint);
    await world.onAlarm(tenant);
    expect(world.queued).toEqual([]);
    expect(world.alarms.has(tenant)).toBe(false);
    await enableEndpoint(world.registryTools(), tenant, endpoint);
    await world.runUntilIdle(tenant);
    expect(await statesOf(tenant)).toEqual(["delivered"]);
  });

  test("a deleted one has its deliveries cancelled, also those in line behind a key and those under way", async () => {
    const endpoint = await world.createEndpoint(tenant);
    await commit(keyed(1), keyed(2), event("a", 3));
    await world.onAlarm(tenant);
    await commit(keyed(4), event("a", 5));
    await deleteEndpoint(world.registryTools(), tenant, endpoint);
    await world.onAlarm(tenant);
    expect(await statesOf(tenant)).toEqual(Array(5).fill("cancelled"));
    expect(world.alarms.has(tenant)).toBe(false);
    await world.consume();
    expect(world.sent).toEqual([]);
  });
});

/*
 * Setup: of two deliveries of a key the first was tried before, so that its claims begin anew; the second never
 * was, and has been claimed before.
 * Timeline: they are claimed together; their task comes late.
 * What this proves: the lease of the later one does not outlast the earlier one's, or the late task would send
 * the later one alone.
 */
test("a run's leases end together, however often each of them was claimed before", async () => {
  await world.createEndpoint(tenant);
  await commit(keyed(1), keyed(2), keyed(3));
  await env.DB.prepare("UPDATE outbox_deliveries SET claims = 3 WHERE tenant_id = ? AND seq = 2")
    .bind(tenant)
    .run();
  await world.onAlarm(tenant);
  const rows = await deliveriesOf(tenant);
  expect(new Set(rows.map(({ due_at }) => due_at)).size).toBe(1);
  world.now += world.leaseMs;
  await world.consume();
  expect(world.sent).toEqual([]);
});
