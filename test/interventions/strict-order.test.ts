import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Reply, temporary } from "../../src/channels/channel.ts";
import { messageKey } from "../../src/db/message-key.ts";
import { cancelOne } from "../../src/interventions/cancel.ts";
import {
  endpointReplayInput,
  replayDeadLetters,
  replayEndpoint,
  replayOne,
} from "../../src/interventions/replay.ts";
import { deadLetterInput } from "../../src/interventions/settled.ts";
import { skipEndpoint, skipInput, skipOne } from "../../src/interventions/skip.ts";
import { event } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import {
  deleteEndpoint,
  disableEndpoint,
  type EndpointTools,
  enableEndpoint,
  readEndpoint,
  setEndpointPaused,
  updateEndpoint,
} from "../../src/registry/endpoints.ts";
import { deleteTenant } from "../../src/registry/tenants.ts";
import { drain } from "../../src/relay/drain.ts";
import { releaseDeadHeads, type ScheduleRow, selectSchedule } from "../../src/relay/statements.ts";
import { Windows } from "../../src/relay/windows.ts";
import { readMessage } from "../../src/trace/messages.ts";
import { countingDb } from "../support/database/counting-db.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { deliveriesOf, statesOf } from "../support/database/rows.ts";
import { MortalLife } from "../support/faults/life.ts";
import { ACCEPTED, World } from "../support/world.ts";

let world: World;
let tenant: string;
let endpoint: string;
/** The payloads that the endpoints refuse. */
let failing: Set<number>;

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
  endpoint = await world.createEndpoint(tenant, { order: "strict", retrySchedule: [] });
  failing = new Set([1]);
  world.answer = ({ payload }) => (failing.has(Number(payload)) ? REFUSED : ACCEPTED);
});

afterEach(() => checkInvariants(env.DB, tenant));

const REFUSED = temporary("http_status", { httpStatus: 500 });
const GONE: Reply = { ...REFUSED, kind: "gone", error: "gone", httpStatus: 410 };
const keyed = (n: number, orderingKey = "k") => event("a", n, { orderingKey });
const commit = async (...messages: ReturnType<typeof event>[]) =>
  (await world.commit(tenant, { messages })).messages.map(({ id }) => id);
const sent = () => world.sent.splice(0).map(({ payload }) => Number(payload));
const run = async (...messages: ReturnType<typeof event>[]) => {
  const ids = await commit(...messages);
  await world.runUntilIdle(tenant);
  return ids;
};
const skip = (id: string) => world.ask((tools) => skipOne(tools, tenant, id, endpoint));
const skipAll = (input: object = {}) =>
  world.ask((tools) => skipEndpoint(tools, tenant, endpoint, skipInput.parse(input)));
const replay = (id: string) => world.ask((tools) => replayOne(tools, tenant, id, endpoint));
const patch = (change: Parameters<typeof updateEndpoint>[3]) =>
  world.ask((tools) => updateEndpoint(tools, tenant, endpoint, change));

describe("a dead head on an endpoint with strict order", () => {
  test("blocks its key; other keys, unkeyed messages and other endpoints go on", async () => {
    const lenient = await world.createEndpoint(tenant, { retrySchedule: [] });
    await run(keyed(1), keyed(2), keyed(3, "other"), event("a", 4), event("a", 1));
    await run(keyed(5), keyed(6, "other"));
    const sentTo = (id: string) =>
      world.sent.filter((one) => one.endpoint.id === id).map(({ payload }) => Number(payload));
    expect(sentTo(endpoint).toSorted()).toEqual([1, 1, 3, 4, 6]);
    expect(sentTo(lenient).toSorted()).toEqual([1, 1, 2, 3, 4, 5, 6]);
    expect((await deliveriesOf(tenant)).filter((row) => row.endpoint_id === endpoint)).toMatchObject([
      { state: "dead", reason: "exhausted", blocks: 1 },
      { state: "pending", behind: 1, attempts: 0 },
      { state: "delivered" },
      { state: "delivered" },
      { state: "dead", blocks: 0 },
      { state: "pending", behind: 1, attempts: 0 },
      { state: "delivered" },
    ]);
  });

  test("keeps nobody awake: no alarm is set, and no sweep finds it overdue", async () => {
    await run(keyed(1), keyed(2));
    expect(world.alarms.has(tenant)).toBe(false);
    world.now += 3_600_000;
    await world.sweep();
    expect(world.alarms.has(tenant)).toBe(false);
  });

  test("in the middle of a run gives the rest of the run back untried", async () => {
    failing = new Set([2]);
    await run(keyed(1), keyed(2), keyed(3));
    expect(sent()).toEqual([1, 2]);
    expect(await deliveriesOf(tenant)).toMatchObject([
      { state: "delivered" },
      { state: "dead" },
      { state: "pending", attempts: 0, claims: 0 },
    ]);
  });

  test("a thousand deliveries behind it are not even read when others are due", async () => {
    await run(keyed(1));
    for (let n = 0; n < 10; n++) await commit(...Array.from({ length: 100 }, () => keyed(2)));
    await commit(event("a", 3), keyed(4, "other"));
    const { db, bill } = countingDb(env.DB);
    await drain({ ...world.registryTools(), db, leaseMs: 60_000, log: world.log, sendTasks }, tenant);
    expect((await deliveriesOf(tenant)).filter(({ state }) => state === "leased")).toHaveLength(2);
    expect(bill.rowsRead).toBeLessThan(100);
  });

  test("after a 410 disables the endpoint; enabled again, the key stays blocked until it is skipped", async () => {
    world.answer = ({ payload }) => (payload === "1" ? GONE : ACCEPTED);
    const [first = ""] = await run(keyed(1), keyed(2));
    expect(await readEndpoint(world, tenant, endpoint)).toMatchObject({ state: "disabled" });
    await world.ask((tools) => enableEndpoint(tools, tenant, endpoint));
    await run(event("a", 3));
    expect(sent()).toEqual([1, 3]);
    await skip(first);
    await world.runUntilIdle(tenant);
    expect(sent()).toEqual([2]);
    expect(await deliveriesOf(tenant)).toMatchObject([{ state: "dead", reason: "gone" }, {}, {}]);
  });

  test("shows in the trace, and so does who waits for it; what is cancelled behind it waits no more", async () => {
    const [first = "", second = ""] = await run(keyed(1), keyed(2));
    const deliveryOf = async (id: string) => (await readMessage(env.DB, tenant, id)).deliveries[0];
    expect(await deliveryOf(first)).toMatchObject({ state: "dead", blocksKey: true, waitsForEarlier: false });
    expect(await deliveryOf(second)).toMatchObject({
      state: "pending",
      blocksKey: false,
      waitsForEarlier: true,
    });
    await world.ask((tools) => cancelOne(tools, tenant, second, endpoint));
    await skip(first);
    expect(await deliveryOf(first)).toMatchObject({ state: "dead", blocksKey: false });
    expect(await deliveryOf(second)).toMatchObject({ state: "cancelled", waitsForEarlier: false });
  });
});

async function sendTasks() {}

describe("skipping", () => {
  test("lets the key go on; the dead one stays dead, and the next dead one stops the key again", async () => {
    failing = new Set([1, 3]);
    const [first = "", , third = ""] = await run(keyed(1), keyed(2), keyed(3), keyed(4));
    expect(sent()).toEqual([1]);
    await skip(first);
    await world.runUntilIdle(tenant);
    expect(sent()).toEqual([2, 3]);
    expect(await statesOf(tenant)).toEqual(["dead", "delivered", "dead", "pending"]);
    await skip(third);
    await world.runUntilIdle(tenant);
    expect(sent()).toEqual([4]);
    expect(await deliveriesOf(tenant)).toMatchObject([
      { state: "dead", reason: "exhausted", attempts: 1 },
      {},
      { state: "dead", reason: "exhausted" },
      { state: "delivered" },
    ]);
  });

  test("is refused for a delivery that blocks nothing: skipped before, waiting, unkeyed, or of lenient order", async () => {
    const lenient = await world.createEndpoint(tenant, { retrySchedule: [] });
    const [first = "", second = "", unkeyed = ""] = await run(keyed(1), keyed(2), event("a", 1));
    await expect(world.ask((tools) => skipOne(tools, tenant, first, lenient))).rejects.toMatchObject({
      code: "delivery_not_blocking",
    });
    await skip(first);
    for (const id of [first, second, unkeyed])
      await expect(skip(id)).rejects.toMatchObject({ code: "delivery_not_blocking" });
    await expect(world.ask((tools) => skipOne(tools, tenant, first, "ep_other"))).rejects.toMatchObject({
      code: "delivery_not_found",
    });
    const other = await world.createTenant();
    await expect(world.ask((tools) => skipOne(tools, other, first, endpoint))).rejects.toMatchObject({
      code: "message_not_found",
    });
  });

  test("all blocked keys of an endpoint, or one of them; a dry run only counts", async () => {
    await run(...["x", "y", "z"].flatMap((key) => [keyed(1, key), keyed(2, key)]));
    expect(sent()).toEqual([1, 1, 1]);
    expect(await skipAll({ dryRun: true })).toEqual({ matched: 3, skipped: 0 });
    expect(await skipAll({ orderingKey: "y" })).toEqual({ matched: 1, skipped: 1 });
    await world.runUntilIdle(tenant);
    expect(sent()).toEqual([2]);
    expect(await skipAll()).toEqual({ matched: 2, skipped: 2 });
    await world.runUntilIdle(tenant);
    expect(sent()).toEqual([2, 2]);
    expect(await skipAll()).toEqual({ matched: 0, skipped: 0 });
  });

  test("no more than 10,000 to a call, those of the oldest messages first", async () => {
    const count = limits.skipsPerCall + 5;
    await env.DB.batch(
      [
        `INSERT INTO outbox_messages (tenant_id, id, payload_bytes, nonce, event_type, payload, committed_at)
         SELECT ?1, ${messageKey("?1", "value")}, 1, 'n', 'a', '1', 0 FROM generate_series(1, ?3) WHERE ?2 <> ''`,
        `INSERT INTO outbox_deliveries (tenant_id, seq, endpoint_id, ordering_key, payload_bytes, state, settled_at, blocks)
         SELECT ?1, value, ?2, 'k' || value, 1, 'dead', 0, 1 FROM generate_series(1, ?3)`,
      ].map((sql) => {
        const series =
          "(WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < ?3) SELECT value FROM n)";
        return env.DB.prepare(sql.replace("generate_series(1, ?3)", series)).bind(tenant, endpoint, count);
      }),
    );
    expect(await skipAll()).toEqual({ matched: count, skipped: limits.skipsPerCall });
    const left = (await deliveriesOf(tenant)).filter(({ blocks }) => blocks === 1);
    expect(left.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5].map((n) => limits.skipsPerCall + n));
    expect(await skipAll()).toEqual({ matched: 5, skipped: 5 });
  });

  test.each(["paused", "disabled"])("of a %s endpoint: what is freed waits with the rest", async (state) => {
    const [first = ""] = await run(keyed(1), keyed(2));
    sent();
    if (state === "paused") await setEndpointPaused(world.registryTools(), tenant, endpoint, true);
    else await disableEndpoint(world.registryTools(), tenant, endpoint);
    await skip(first);
    await world.runUntilIdle(tenant);
    expect(sent()).toEqual([]);
    await world.ask((tools) => enableEndpoint(tools, tenant, endpoint));
    await world.runUntilIdle(tenant);
    expect(sent()).toEqual([2]);
  });
});

describe("replaying", () => {
  test("a dead head, while others wait: it goes first, then they do; dead again, it blocks again", async () => {
    const [first = ""] = await run(keyed(1), keyed(2), keyed(3));
    await replay(first);
    await world.runUntilIdle(tenant);
    expect(sent()).toEqual([1, 1]);
    failing.clear();
    await replay(first);
    await commit(keyed(4));
    await world.runUntilIdle(tenant);
    expect(sent()).toEqual([1, 2, 3, 4]);
    expect(new Set(await statesOf(tenant))).toEqual(new Set(["delivered"]));
  });

  test("an earlier delivered one: it goes, and the dead one still blocks", async () => {
    failing = new Set([2]);
    const [first = "", second = ""] = await run(keyed(1), keyed(2), keyed(3));
    sent();
    await replay(first);
    await world.runUntilIdle(tenant);
    expect(sent()).toEqual([1]);
    await skip(second);
    await world.runUntilIdle(tenant);
    expect(sent()).toEqual([3]);
  });

  test("when two of a key are dead, the later waits for the earlier, and what is behind for both", async () => {
    failing = new Set([2]);
    const [first = "", second = ""] = await run(keyed(1), keyed(2), keyed(3));
    failing = new Set([1]);
    await replay(first);
    await world.runUntilIdle(tenant);
    sent();
    expect(await statesOf(tenant)).toEqual(["dead", "dead", "pending"]);
    await replay(second);
    await world.runUntilIdle(tenant);
    expect(sent()).toEqual([]);
    await skip(first);
    await world.runUntilIdle(tenant);
    expect(sent()).toEqual([2, 3]);
  });

  test.each(["the dead letters", "an endpoint"])(
    "%s at once: each key goes on in its order",
    async (what) => {
      await run(...["x", "y"].flatMap((key) => [keyed(1, key), keyed(2, key), keyed(3, key)]));
      failing.clear();
      sent();
      const since = new Date(world.now - 600_000).toISOString();
      await world.ask<unknown>((tools) =>
        what === "an endpoint"
          ? replayEndpoint(tools, tenant, endpoint, endpointReplayInput.parse({ since }))
          : replayDeadLetters(tools, tenant, deadLetterInput.parse({})),
      );
      await world.runUntilIdle(tenant);
      expect(sent().toSorted()).toEqual([1, 1, 2, 2, 3, 3]);
      expect(new Set(await statesOf(tenant))).toEqual(new Set(["delivered"]));
    },
  );
});

describe("changing an endpoint", () => {
  /** So many keys, each with a dead head and one that waits behind it. */
  async function blockKeys(count: number): Promise<void> {
    for (let from = 0; from < count; from += 50) {
      const keys = Array.from({ length: Math.min(50, count - from) }, (_, n) => `k${from + n}`);
      await commit(...keys.flatMap((key) => [keyed(1, key), keyed(2, key)]));
    }
    const dead = "state = 'dead', due_at = NULL, settled_at = 1";
    await env.DB.prepare(`UPDATE outbox_deliveries SET ${dead} WHERE tenant_id = ? AND behind = 0`)
      .bind(tenant)
      .run();
  }

  test("lets many keys go a bounded number at a time, and nobody waits for all of them", async () => {
    const count = 2 * limits.tidiedPerEndpoint + 100;
    await blockKeys(count);
    await patch({ order: "lenient" });
    const held = async () => (await deliveriesOf(tenant)).filter(({ behind }) => behind === 1).length;
    expect(await held()).toBe(count);
    const { db, bill } = countingDb(env.DB);
    const [row] = (
      await selectSchedule(env.DB, tenant, {
        now: world.now,
        countedTo: new Windows().countedTo,
      }).all<ScheduleRow>()
    ).results;
    expect(row).toMatchObject({ endpoint_id: endpoint, holds_keys: 1, due_at: null });
    await db.batch([releaseDeadHeads(db, tenant, endpoint, limits.tidiedPerEndpoint)]);
    expect(await held()).toBe(count - limits.tidiedPerEndpoint);
    expect(bill.rowsWritten).toBeLessThan(5 * limits.tidiedPerEndpoint);
    expect(bill.rowsRead).toBeLessThan(20 * limits.tidiedPerEndpoint);
    await world.onAlarm(tenant);
    expect(await held()).toBe(0);
    expect(sent()).toEqual([]);
  });

  test("lets keys go also when the wake is lost, and the endpoint has nothing else to do", async () => {
    await blockKeys(10);
    await updateEndpoint({ ...world.registryTools(), wake: () => {} }, tenant, endpoint, {
      order: "lenient",
    });
    world.now += limits.sweepGraceMs + 1;
    await world.sweep();
    expect(world.alarms.has(tenant)).toBe(true);
    await world.runUntilIdle(tenant);
    expect(sent()).toEqual(Array(10).fill(2));
  });

  test("of a paused endpoint lets its keys go at once; they are sent when it is resumed", async () => {
    await blockKeys(3);
    await setEndpointPaused(world.registryTools(), tenant, endpoint, true);
    await patch({ order: "lenient" });
    await world.runUntilIdle(tenant);
    expect(sent()).toEqual([]);
    await world.ask((tools) => setEndpointPaused(tools, tenant, endpoint, false));
    await world.runUntilIdle(tenant);
    expect(sent()).toEqual([2, 2, 2]);
  });

  test("from strict to lenient releases all its blocked keys, and no other endpoint's", async () => {
    const other = await world.createEndpoint(tenant, { order: "strict", retrySchedule: [] });
    await run(keyed(1, "x"), keyed(2, "x"), keyed(1, "y"), keyed(3, "y"));
    sent();
    await patch({ order: "lenient" });
    await world.runUntilIdle(tenant);
    expect(world.sent.map((one) => one.endpoint.id)).toEqual([endpoint, endpoint]);
    expect(sent().toSorted()).toEqual([2, 3]);
    const blocking = (await deliveriesOf(tenant)).filter(({ state, blocks }) => state === "dead" && blocks);
    expect(blocking.map((row) => row.endpoint_id)).toEqual([other, other]);
  });

  test("from lenient to strict blocks no key by what died before, and every key by what dies from then on", async () => {
    await patch({ order: null });
    await run(keyed(1), keyed(2));
    expect(sent()).toEqual([1, 2]);
    await patch({ order: "strict" });
    await run(keyed(3));
    failing = new Set([4]);
    await run(keyed(4), keyed(5));
    expect(sent()).toEqual([3, 4]);
  });

  test.each(["endpoint", "tenant"])(
    "deleting the %s cancels what waits behind a blocked key",
    async (what) => {
      await run(keyed(1), ...Array.from({ length: 30 }, (_, n) => keyed(2 + n)));
      sent();
      if (what === "endpoint") await world.ask((tools) => deleteEndpoint(tools, tenant, endpoint));
      else await deleteTenant(world.registryTools(), tenant);
      world.now += 60_000;
      await world.sweep();
      await world.runUntilIdle(tenant);
      expect(await statesOf(tenant)).toEqual(["dead", ...Array(30).fill("cancelled")]);
      expect(sent()).toEqual([]);
    },
  );

  /*
   * Setup: the head of a key is under way, another waits behind it.
   * Timeline: the endpoint is deleted; the wake is lost; the head is refused, and is dead on record.
   * What this proves: a dead head of a deleted endpoint blocks nobody, or what is behind it would never be cancelled.
   */
  test.each(["endpoint", "tenant"])(
    "so that a delivery dead after the deletion of its %s blocks no key",
    async (what) => {
      world.answer = async () => {
        if (what === "endpoint") await deleteEndpoint(world.registryTools(), tenant, endpoint);
        else await deleteTenant(world.registryTools(), tenant);
        world.alarms.clear();
        return REFUSED;
      };
      await commit(keyed(1));
      await world.onAlarm(tenant);
      await commit(keyed(2));
      await world.consume();
      world.alarms.clear();
      world.now += 60_000;
      await world.sweep();
      await world.runUntilIdle(tenant);
      expect(await statesOf(tenant)).toEqual(["dead", "cancelled"]);
    },
  );
});

/*
 * Setup: a blocked key, and some behind it.
 * Timeline: whoever is to release it dies at an await, before or after it has happened. The sweep comes by.
 * What this proves: it has happened as a whole or not at all, and what was freed is sent, also when the wake is lost.
 */
describe("a process that dies while it", () => {
  const ACTS: Record<string, (tools: EndpointTools, head: string) => Promise<unknown>> = {
    "skips one": (tools, head) => skipOne(tools, tenant, head, endpoint),
    "skips many": (tools) => skipEndpoint(tools, tenant, endpoint, { dryRun: false }),
    "makes the order lenient": (tools) => updateEndpoint(tools, tenant, endpoint, { order: "lenient" }),
    "deletes the endpoint": (tools) => deleteEndpoint(tools, tenant, endpoint),
    "deletes the tenant": (tools) => deleteTenant(tools, tenant),
  };

  async function prepare(): Promise<string> {
    tenant = await world.createTenant();
    endpoint = await world.createEndpoint(tenant, { order: "strict", retrySchedule: [] });
    const [head = ""] = await run(keyed(1), keyed(2), keyed(3));
    return head;
  }

  test.each(Object.entries(ACTS))("%s leaves the key blocked, or lets all of it go on", async (name, act) => {
    const whole = new MortalLife(Number.POSITIVE_INFINITY, "before");
    const head = await prepare();
    await world.ask((tools) => act(tools, head), whole);
    expect(whole.steps.length).toBeGreaterThan(0);
    const outcomes = new Set<string>();
    for (const side of ["before", "after"] as const) {
      for (let at = 1; at <= whole.steps.length; at++) {
        const head = await prepare();
        const life = new MortalLife(at, side);
        await Promise.race([world.ask((tools) => act(tools, head), life), life.death]);
        expect(life.isDead, `died ${side} await ${at}`).toBe(true);
        await checkInvariants(env.DB, tenant, { drained: false });
        world.alarms.clear();
        world.now += 60_000;
        await world.sweep();
        await world.runUntilIdle(tenant);
        outcomes.add((await statesOf(tenant)).join());
        await checkInvariants(env.DB, tenant);
      }
    }
    const after = name.startsWith("deletes") ? "dead,cancelled,cancelled" : "dead,delivered,delivered";
    expect([...outcomes].toSorted()).toEqual([after, "dead,pending,pending"].toSorted());
  });
});
