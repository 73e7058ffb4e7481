import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { cancelOne, cancelWhole } from "../../src/interventions/cancel.ts";
import {
  endpointReplayInput,
  replayDeadLetters,
  replayEndpoint,
  replayOne,
} from "../../src/interventions/replay.ts";
import { deadLetterInput } from "../../src/interventions/settled.ts";
import { event } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { deleteEndpoint, disableEndpoint, setEndpointPaused } from "../../src/registry/endpoints.ts";
import { setTenantPaused } from "../../src/registry/tenants.ts";
import { listDeadLetters } from "../../src/trace/dead-letters.ts";
import type { DeliveryCursor } from "../../src/trace/list-statements.ts";
import { readMessage } from "../../src/trace/messages.ts";
import { countingDb } from "../support/database/counting-db.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { deliveriesOf, statesOf } from "../support/database/rows.ts";
import { refused } from "../support/outside/replies.ts";
import { ACCEPTED, World } from "../support/world.ts";

let world: World;
let tenant: string;
let endpoint: string;

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
  endpoint = await world.createEndpoint(tenant, { retrySchedule: [] });
});

afterEach(() => checkInvariants(env.DB, tenant));

const FAILED = refused({ excerpt: null });
const keyed = (n: number) => event("a", n, { orderingKey: "k" });
const tools = () => world.registryTools();
const commit = async (...messages: ReturnType<typeof event>[]) =>
  (await world.commit(tenant, { messages })).messages.map(({ id }) => id);
const payloadsSent = () => world.sent.map(({ payload }) => payload);
const failWhile = (failing: () => boolean) => {
  world.answer = () => (failing() ? FAILED : ACCEPTED);
};
const iso = (ms: number) => new Date(ms).toISOString();

test("D1 refuses to settle a keyed delivery that goes on blocking its key", async () => {
  await world.createEndpoint(tenant);
  await world.commit(tenant, { messages: [event("a", 1, { orderingKey: "k" })] });
  const forgets =
    "UPDATE outbox_deliveries SET state = 'cancelled', due_at = NULL, settled_at = 1 WHERE tenant_id = ?";
  await expect(env.DB.prepare(forgets).bind(tenant).run()).rejects.toThrow(/CHECK constraint failed/);
});

describe("replaying one delivery", () => {
  test("a dead letter is tried again, with the same webhook-id, its attempts numbered on, its schedule from the start", async () => {
    endpoint = await world.createEndpoint(tenant, { retrySchedule: [1], eventTypes: ["b"] });
    let failing = true;
    failWhile(() => failing);
    const [id = ""] = await commit(event("b", 1, { endpointIds: [endpoint] }));
    await world.runUntilIdle(tenant);
    expect(await statesOf(tenant)).toEqual(["dead"]);

    expect(await replayOne(tools(), tenant, id, endpoint)).toEqual({ matched: 1, replayed: 1 });
    await world.onAlarm(tenant);
    await world.consume();
    expect(await deliveriesOf(tenant)).toMatchObject([{ state: "pending", attempts: 3 }]);
    failing = false;
    await world.runUntilIdle(tenant);
    const { deliveries } = await readMessage(env.DB, tenant, id);
    expect(deliveries[0]?.state).toBe("delivered");
    expect(deliveries[0]?.attempts.map(({ number, outcome }) => [number, outcome])).toEqual([
      [1, "retry"],
      [2, "dead"],
      [3, "retry"],
      [4, "delivered"],
    ]);
    expect(new Set(world.sent.map(({ messageId }) => messageId)).size).toBe(1);
  });

  test("of a delivered one the first attempt stays on record", async () => {
    const [id = ""] = await commit(event("a", 1));
    await world.runUntilIdle(tenant);
    const before = (await readMessage(env.DB, tenant, id)).deliveries[0]?.attempts[0];
    world.now += 60_000;
    await replayOne(tools(), tenant, id, endpoint);
    await world.runUntilIdle(tenant);
    const { attempts } = (await readMessage(env.DB, tenant, id)).deliveries[0] ?? {};
    expect(attempts).toHaveLength(2);
    expect(attempts?.[0]).toEqual(before);
  });

  test("one that is under way is refused; so is one of a deleted endpoint, and one that is not there", async () => {
    const [id = ""] = await commit(event("a", 1));
    await expect(replayOne(tools(), tenant, id, endpoint)).rejects.toMatchObject({
      code: "delivery_not_settled",
    });
    await world.runUntilIdle(tenant);
    await expect(replayOne(tools(), tenant, id, "ep_other")).rejects.toMatchObject({
      code: "delivery_not_found",
    });
    await expect(replayOne(tools(), await world.createTenant(), id, endpoint)).rejects.toMatchObject({
      code: "message_not_found",
    });
    await deleteEndpoint(tools(), tenant, endpoint);
    await expect(replayOne(tools(), tenant, id, endpoint)).rejects.toMatchObject({
      code: "endpoint_not_found",
    });
  });

  test("the later ones of its key wait for it, those under way too", async () => {
    let failing = true;
    failWhile(() => failing);
    const [first = ""] = await commit(keyed(1));
    await world.runUntilIdle(tenant);
    failing = false;
    await commit(keyed(2), keyed(3));
    await world.onAlarm(tenant);
    await replayOne(tools(), tenant, first, endpoint);
    world.sent.length = 0;
    await world.consume();
    expect(payloadsSent()).toEqual([]);
    await world.runUntilIdle(tenant);
    expect(payloadsSent()).toEqual(["1", "2", "3"]);
  });
});

describe("replaying many", () => {
  test("an endpoint's dead letters since an instant, by event type; a dry run only counts", async () => {
    let failing = true;
    failWhile(() => failing);
    await commit(event("a", "old"));
    await world.runUntilIdle(tenant);
    world.now += 600_000;
    const since = world.now;
    await commit(event("a", "x"), event("b", "y"), event("a", "z"));
    await world.runUntilIdle(tenant);
    failing = false;
    world.sent.length = 0;
    const input = { since: iso(since), eventTypes: ["a"] };
    const preview = endpointReplayInput.parse({ ...input, dryRun: true });
    expect(await replayEndpoint(tools(), tenant, endpoint, preview)).toMatchObject({
      matched: 2,
      replayed: 0,
    });
    expect(await statesOf(tenant)).toEqual(Array(4).fill("dead"));
    const real = endpointReplayInput.parse(input);
    expect(await replayEndpoint(tools(), tenant, endpoint, real)).toMatchObject({ matched: 2, replayed: 2 });
    await world.runUntilIdle(tenant);
    expect(payloadsSent()).toEqual(['"x"', '"z"']);
    expect(await statesOf(tenant)).toEqual(["dead", "delivered", "dead", "delivered"]);
  });

  test("delivered ones too, when asked for, from where the instant begins", async () => {
    for (let n = 0; n < 40; n++) {
      await commit(event("a", n));
      world.now += 120_000;
    }
    await world.runUntilIdle(tenant);
    const since = world.now - 5.5 * 120_000;
    world.sent.length = 0;
    const committed = (
      await env.DB.prepare("SELECT seq FROM outbox_messages WHERE tenant_id = ? AND committed_at >= ?")
        .bind(tenant, since)
        .all()
    ).results;
    const input = endpointReplayInput.parse({ since: iso(since), states: ["delivered"] });
    const replayed = await replayEndpoint(tools(), tenant, endpoint, input);
    expect(replayed.replayed).toBe(committed.length);
    await world.runUntilIdle(tenant);
    expect(world.sent).toHaveLength(committed.length);
  });

  test("all dead letters of the tenant, a hundred to a second, in order", async () => {
    let failing = true;
    failWhile(() => failing);
    await commit(...Array.from({ length: 100 }, (_, n) => event("a", n)));
    await commit(...Array.from({ length: 50 }, (_, n) => event("a", 100 + n)));
    await world.runUntilIdle(tenant);
    failing = false;
    expect(await replayDeadLetters(tools(), tenant, deadLetterInput.parse({}))).toMatchObject({
      matched: 150,
      replayed: 150,
    });
    const dueAts = (await deliveriesOf(tenant)).map(({ due_at }) => (due_at ?? 0) - world.now);
    expect(dueAts[0]).toBe(0);
    expect(dueAts[149]).toBe((149 * 1000) / limits.replaysPerSecond);
    await world.runUntilIdle(tenant);
    expect(new Set(await statesOf(tenant))).toEqual(new Set(["delivered"]));
  });
});

describe("the dead letters", () => {
  test("are listed newest first, with the reason, in pages that neither miss nor repeat, and read nothing else", async () => {
    world.answer = ({ payload }) => (Number(payload) % 2 ? FAILED : ACCEPTED);
    await world.createEndpoint(tenant, { retrySchedule: [] });
    await commit(...Array.from({ length: 60 }, (_, n) => event("a", n)));
    await world.runUntilIdle(tenant);
    const { db, bill } = countingDb(env.DB);
    const seen: [number, string][] = [];
    let after: DeliveryCursor | undefined;
    do {
      const page = await listDeadLetters(db, tenant, { limit: 7, after });
      seen.push(...page.entries.map(({ sequence, endpointId }): [number, string] => [sequence, endpointId]));
      after = page.next ?? undefined;
      expect(page.entries[0]).toMatchObject({
        reason: "exhausted",
        error: "http_status",
        httpStatus: 500,
        attempts: 1,
      });
    } while (after);
    expect(seen).toHaveLength(60);
    expect(new Set(seen.map(String)).size).toBe(60);
    expect(seen.map(([seq]) => seq)).toEqual(seen.map(([seq]) => seq).toSorted((a, b) => b - a));
    expect(bill.rowsRead).toBeLessThan(60 * 13);
    await expect(listDeadLetters(db, "nobody", { limit: 7, after: undefined })).rejects.toMatchObject({
      code: "tenant_not_found",
    });
  });
});

describe("cancelling", () => {
  test("a message: what is left of it is not sent, what is delivered stays so", async () => {
    const other = await world.createEndpoint(tenant);
    world.answer = (dispatch) => (dispatch.endpoint.id === other ? FAILED : ACCEPTED);
    const [id = ""] = await commit(event("a", 1));
    await world.onAlarm(tenant);
    await world.consume();
    expect(await cancelWhole(tools(), tenant, id)).toBe(1);
    expect((await statesOf(tenant)).toSorted()).toEqual(["cancelled", "delivered"]);
    expect(await cancelWhole(tools(), tenant, id)).toBe(0);
    const sends = world.sent.length;
    await world.runUntilIdle(tenant);
    expect(world.sent).toHaveLength(sends);
    await expect(cancelWhole(tools(), await world.createTenant(), id)).rejects.toMatchObject({
      code: "message_not_found",
    });
  });

  test("the head of a key frees the next; one that is being sent is not settled by its consumer any more", async () => {
    const [first = ""] = await commit(keyed(1), keyed(2));
    await world.onAlarm(tenant);
    world.answer = async ({ payload }) => {
      if (payload === "1") await cancelOne(tools(), tenant, first, endpoint);
      return ACCEPTED;
    };
    await world.consume();
    await world.runUntilIdle(tenant);
    expect(await deliveriesOf(tenant)).toMatchObject([
      { state: "cancelled", reason: "by_request", attempts: 0 },
      { state: "delivered" },
    ]);
  });

  test("a settled delivery, and one that is not there, are refused", async () => {
    const [id = ""] = await commit(event("a", 1));
    await world.runUntilIdle(tenant);
    await expect(cancelOne(tools(), tenant, id, endpoint)).rejects.toMatchObject({
      code: "delivery_settled",
    });
    await expect(cancelOne(tools(), tenant, id, "ep_other")).rejects.toMatchObject({
      code: "delivery_not_found",
    });
  });
});

describe("pausing", () => {
  test("an endpoint: what is committed meanwhile waits with the rest, and goes out in order when it is resumed", async () => {
    await commit(keyed(1));
    await setEndpointPaused(tools(), tenant, endpoint, true);
    await commit(keyed(2));
    await world.onAlarm(tenant);
    await world.consume();
    expect(world.sent).toEqual([]);
    expect(world.alarms.has(tenant)).toBe(false);
    await setEndpointPaused(tools(), tenant, endpoint, false);
    await world.runUntilIdle(tenant);
    expect(payloadsSent()).toEqual(["1", "2"]);
  });

  test("a disabled endpoint is neither paused nor resumed", async () => {
    await disableEndpoint(tools(), tenant, endpoint);
    for (const paused of [true, false]) {
      await expect(setEndpointPaused(tools(), tenant, endpoint, paused)).rejects.toMatchObject({
        code: "endpoint_disabled",
      });
    }
  });

  test("a tenant: commits are accepted, nothing is sent, no sweep wakes it; resumed, all of it goes out", async () => {
    await commit(event("a", 1));
    await world.onAlarm(tenant);
    await setTenantPaused(tools(), tenant, true);
    await world.consume();
    await commit(event("a", 2));
    await world.onAlarm(tenant);
    world.now += 3_600_000;
    world.alarms.clear();
    await world.sweep();
    expect(world.alarms.has(tenant)).toBe(false);
    expect(world.sent).toEqual([]);
    await setTenantPaused(tools(), tenant, false);
    await world.sweep();
    await world.runUntilIdle(tenant);
    expect(payloadsSent().toSorted()).toEqual(["1", "2"]);
  });
});
