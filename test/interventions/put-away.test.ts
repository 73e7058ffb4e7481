import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { cancelWhole } from "../../src/interventions/cancel.ts";
import { dismissDeadLetters, dismissOne } from "../../src/interventions/dismiss.ts";
import { replayDeadLetters, replayEndpoint, replayOne } from "../../src/interventions/replay.ts";
import { retryEndpoint, retryOne } from "../../src/interventions/retry.ts";
import { deadLetterInput } from "../../src/interventions/settled.ts";
import { event } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { deleteEndpoint, readEndpoint, setEndpointPaused } from "../../src/registry/endpoints.ts";
import { listDeadLetters } from "../../src/trace/dead-letters.ts";
import { readMessage } from "../../src/trace/messages.ts";
import { readStats } from "../../src/trace/stats.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { deliveriesOf, statesOf } from "../support/database/rows.ts";
import { refused } from "../support/outside/replies.ts";
import { ACCEPTED, World } from "../support/world.ts";

const DAY = 24 * 3600 * 1000;
let world: World;
let tenant: string;
let endpoint: string;

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
  endpoint = await world.createEndpoint(tenant, { retrySchedule: [], eventTypes: ["a"] });
});

afterEach(() => checkInvariants(env.DB, tenant));

const FAILED = refused({ excerpt: null });
const tools = () => world.registryTools();
const commit = async (...messages: ReturnType<typeof event>[]) =>
  (await world.commit(tenant, { messages })).messages.map(({ id }) => id);
const payloadsSent = () => world.sent.map(({ payload }) => payload);
const all = (given: object = {}) => deadLetterInput.parse(given);
const iso = (ms: number) => new Date(ms).toISOString();
const stateOf = async (id: string) => (await readMessage(env.DB, tenant, id)).deliveries[0];
const deadLetters = async () =>
  (await listDeadLetters(env.DB, tenant, { limit: 50 })).entries.map(({ messageId }) => messageId);

/** Fails, until it is told to accept. */
function failing() {
  world.answer = () => FAILED;
  return () => {
    world.answer = () => ACCEPTED;
  };
}

describe("a message that is scheduled for later", () => {
  const scheduled = () => event("a", 1, { deliverAt: new Date(world.now + 30 * DAY) });

  test.each<[string, (id: string) => Promise<unknown>]>([
    ["by itself", (id) => replayOne(tools(), tenant, id, endpoint)],
    [
      "with all of its endpoint",
      () => replayEndpoint(tools(), tenant, endpoint, { since: 0, states: ["cancelled"], dryRun: false }),
    ],
  ])("is not sent before its time when it was cancelled and is replayed %s", async (_, replay) => {
    const at = world.now + 30 * DAY;
    const [id = ""] = await commit(scheduled());
    await cancelWhole(tools(), tenant, id);
    expect(await replay(id)).toMatchObject({ matched: 1, replayed: 1 });
    expect(await deliveriesOf(tenant)).toMatchObject([{ state: "pending", due_at: at }]);
    await world.onAlarm(tenant);
    await world.consume();
    expect(world.sent).toEqual([]);
    world.now = at;
    await world.runUntilIdle(tenant);
    expect(payloadsSent()).toEqual(["1"]);
  });

  test("is replayed at once when its time is past", async () => {
    const [id = ""] = await commit(scheduled());
    await cancelWhole(tools(), tenant, id);
    world.now += 31 * DAY;
    await replayOne(tools(), tenant, id, endpoint);
    await world.runUntilIdle(tenant);
    expect(payloadsSent()).toEqual(["1"]);
  });

  test("is retried neither by itself nor with all of its endpoint", async () => {
    const [id = ""] = await commit(scheduled());
    await expect(retryOne(tools(), tenant, id, endpoint)).rejects.toMatchObject({
      code: "delivery_not_waiting",
    });
    expect(await retryEndpoint(tools(), tenant, endpoint, { dryRun: false })).toEqual({
      matched: 0,
      retried: 0,
    });
    expect(await deliveriesOf(tenant)).toMatchObject([{ due_at: world.now + 30 * DAY }]);
  });
});

describe("retrying now", () => {
  beforeEach(async () => {
    endpoint = await world.createEndpoint(tenant, { retrySchedule: [3600, 3600], eventTypes: ["b"] });
  });

  async function failOnce(...messages: ReturnType<typeof event>[]) {
    const ids = await commit(...messages);
    await world.onAlarm(tenant);
    await world.consume();
    return ids;
  }

  test("makes the next attempt at once, and takes nothing from the schedule", async () => {
    const accept = failing();
    const [id = ""] = await failOnce(event("b", 1, { endpointIds: [endpoint] }));
    await retryOne(tools(), tenant, id, endpoint);
    await world.onAlarm(tenant);
    await world.consume();
    expect(await stateOf(id)).toMatchObject({ state: "pending", attempts: { length: 2 } });
    const { due_at } = (await deliveriesOf(tenant))[0] ?? {};
    expect(due_at).toBeGreaterThan(world.now + 3600 * 1000 * (1 - limits.jitter) - 1);

    // Both retries of the schedule are still to come.
    for (const made of [3, 4]) {
      world.now += 2 * 3600 * 1000;
      await world.onAlarm(tenant);
      await world.consume();
      expect((await stateOf(id))?.attempts).toHaveLength(made);
    }
    expect(await statesOf(tenant)).toEqual(["dead"]);
    accept();
  });

  test("an endpoint's all, oldest first, each key in order, a hundred to a second", async () => {
    const accept = failing();
    const keyed = (n: number) => event("b", n, { orderingKey: "k" });
    await failOnce(event("b", 0), keyed(1), keyed(2), keyed(3));
    expect(await retryEndpoint(tools(), tenant, endpoint, { dryRun: true })).toEqual({
      matched: 2,
      retried: 0,
    });
    world.sent.length = 0;
    accept();
    expect(await retryEndpoint(tools(), tenant, endpoint, { dryRun: false })).toEqual({
      matched: 2,
      retried: 2,
    });
    expect((await deliveriesOf(tenant)).map(({ due_at }) => (due_at ?? 0) - world.now).slice(0, 2)).toEqual([
      0, 10,
    ]);
    await world.runUntilIdle(tenant);
    const sent = payloadsSent();
    expect(sent.toSorted()).toEqual(["0", "1", "2", "3"]);
    expect(sent.filter((payload) => payload !== "0")).toEqual(["1", "2", "3"]);
  });

  test("does not wait for the breaker: one goes, and the others when it has succeeded", async () => {
    const accept = failing();
    await failOnce(...Array.from({ length: limits.breakerAttempts }, (_, n) => event("b", n)));
    expect((await readEndpoint(tools(), tenant, endpoint)).heldUntil).toBeGreaterThan(world.now);
    world.sent.length = 0;
    accept();
    await retryEndpoint(tools(), tenant, endpoint, { dryRun: false });
    await world.onAlarm(tenant);
    await world.consume();
    expect(world.sent).toHaveLength(1);
    await world.runUntilIdle(tenant);
    expect(world.sent).toHaveLength(limits.breakerAttempts);
    expect((await readEndpoint(tools(), tenant, endpoint)).heldUntil).toBeNull();
  });

  test("waits with the rest while its endpoint is paused", async () => {
    const accept = failing();
    const [id = ""] = await failOnce(event("b", 1));
    accept();
    await setEndpointPaused(tools(), tenant, endpoint, true);
    await retryOne(tools(), tenant, id, endpoint);
    await world.runUntilIdle(tenant);
    expect(await statesOf(tenant)).toEqual(["pending"]);
    await setEndpointPaused(tools(), tenant, endpoint, false);
    await world.runUntilIdle(tenant);
    expect(await statesOf(tenant)).toEqual(["delivered"]);
  });

  test("of one that is settled, under way, behind its key's head, or not there is refused, and changes nothing", async () => {
    const accept = failing();
    const [head = "", later = ""] = await failOnce(
      event("b", 1, { orderingKey: "k" }),
      event("b", 2, { orderingKey: "k" }),
    );
    const before = await deliveriesOf(tenant);
    const retry = (id: string, to = endpoint) => retryOne(tools(), tenant, id, to);
    await expect(retry(later)).rejects.toMatchObject({ code: "delivery_not_waiting" });
    await expect(retry(head, "ep_other")).rejects.toMatchObject({ code: "delivery_not_found" });
    await expect(retry("msg_none")).rejects.toMatchObject({ code: "message_not_found" });
    expect(await deliveriesOf(tenant)).toEqual(before);
    world.now += 2 * 3600 * 1000;
    await world.onAlarm(tenant);
    await expect(retry(head)).rejects.toMatchObject({ code: "delivery_not_waiting" });
    accept();
    await world.runUntilIdle(tenant);
    await expect(retry(head)).rejects.toMatchObject({ code: "delivery_settled" });
  });
});

describe("dismissing", () => {
  async function die(...messages: ReturnType<typeof event>[]) {
    const accept = failing();
    const ids = await commit(...messages);
    await world.runUntilIdle(tenant);
    accept();
    return ids;
  }

  test("a dead letter puts it away: on record as cancelled, with its attempts; and it can be replayed", async () => {
    const [id = ""] = await die(event("a", 1));
    expect(await deadLetters()).toEqual([id]);
    const { settledAt } = (await stateOf(id)) ?? {};
    world.now += 1000;
    await dismissOne(tools(), tenant, id, endpoint);
    expect(await deadLetters()).toEqual([]);
    expect((await readStats(env.DB, tenant, {}, world.now)).now.deadLetters.count).toBe(0);
    expect(await stateOf(id)).toMatchObject({
      state: "cancelled",
      reason: "dismissed",
      settledAt,
      attempts: [{ outcome: "dead" }],
    });
    await expect(dismissOne(tools(), tenant, id, endpoint)).rejects.toMatchObject({
      code: "delivery_not_dead",
    });
    await replayOne(tools(), tenant, id, endpoint);
    await world.runUntilIdle(tenant);
    expect(await stateOf(id)).toMatchObject({ state: "delivered", attempts: { length: 2 } });
  });

  test("one that blocks its key lets the key go on", async () => {
    endpoint = await world.createEndpoint(tenant, { retrySchedule: [], order: "strict", eventTypes: ["b"] });
    const keyed = (n: number) => event("b", n, { orderingKey: "k", endpointIds: [endpoint] });
    const [head = ""] = await die(keyed(1), keyed(2));
    expect(await statesOf(tenant)).toEqual(["dead", "pending"]);
    world.sent.length = 0;
    await dismissOne(tools(), tenant, head, endpoint);
    await world.runUntilIdle(tenant);
    expect(payloadsSent()).toEqual(["2"]);
    expect(await statesOf(tenant)).toEqual(["cancelled", "delivered"]);
  });

  test("all that match, counted first; the others stay", async () => {
    const other = await world.createEndpoint(tenant, { retrySchedule: [], eventTypes: ["b"] });
    const [a = ""] = await die(event("a", 1), event("b", 2));
    world.now += DAY;
    const [late = ""] = await die(event("a", 3));
    const dismiss = (given: object) => dismissDeadLetters(tools(), tenant, all(given));
    expect(await dismiss({ dryRun: true })).toMatchObject({ matched: 3, dismissed: 0 });
    expect(await dismiss({ until: iso(world.now - DAY / 2), eventTypes: ["a"] })).toMatchObject({
      matched: 1,
      dismissed: 1,
    });
    expect(await deadLetters()).not.toContain(a);
    expect(await dismiss({ endpointId: other })).toMatchObject({ matched: 1, dismissed: 1 });
    expect(await deadLetters()).toEqual([late]);
    expect(await dismiss({})).toMatchObject({ matched: 1, dismissed: 1 });
    expect(await deadLetters()).toEqual([]);
  });

  test("some, by name, each counted once; what is no dead letter is left out", async () => {
    const [first = "", second = ""] = await die(event("a", 1), event("a", 2));
    const [fine = ""] = await commit(event("a", 3));
    await world.runUntilIdle(tenant);
    const named = [first, first, fine, "msg_none"].map((messageId) => ({ messageId, endpointId: endpoint }));
    const chosen = all({ deliveries: [...named, { messageId: second, endpointId: "ep_other" }] });
    expect(await dismissDeadLetters(tools(), tenant, chosen)).toMatchObject({ matched: 1, dismissed: 1 });
    expect(await deadLetters()).toEqual([second]);
    const rest = all({ deliveries: [{ messageId: second, endpointId: endpoint }] });
    expect(await replayDeadLetters(tools(), tenant, rest)).toMatchObject({ matched: 1, replayed: 1 });
    expect(await deadLetters()).toEqual([]);
  });

  test("takes those of an endpoint that was deleted, which nothing else can touch", async () => {
    const [id = ""] = await die(event("a", 1));
    await deleteEndpoint(tools(), tenant, endpoint);
    await world.runUntilIdle(tenant);
    expect(await replayDeadLetters(tools(), tenant, all())).toMatchObject({ matched: 0, replayed: 0 });
    expect(await dismissDeadLetters(tools(), tenant, all())).toMatchObject({ matched: 1, dismissed: 1 });
    expect(await stateOf(id)).toMatchObject({ state: "cancelled", reason: "dismissed" });
  });

  test("another tenant's dead letters are not touched, named or not", async () => {
    const [id = ""] = await die(event("a", 1));
    const stranger = await world.createTenant();
    const named = all({ deliveries: [{ messageId: id, endpointId: endpoint }] });
    expect(await dismissDeadLetters(tools(), stranger, named)).toMatchObject({ matched: 0, dismissed: 0 });
    expect(await dismissDeadLetters(tools(), stranger, all())).toMatchObject({ matched: 0, dismissed: 0 });
    expect(await statesOf(tenant)).toEqual(["dead"]);
  });
});

test("a delivery that the breaker of its endpoint holds back is not late", async () => {
  endpoint = await world.createEndpoint(tenant, { retrySchedule: [60], eventTypes: ["b"] });
  failing();
  await commit(
    ...Array.from({ length: limits.breakerAttempts }, (_, n) => event("b", n, { endpointIds: [endpoint] })),
  );
  await world.onAlarm(tenant);
  await world.consume();
  world.now += 1000;
  await commit(event("b", 99, { endpointIds: [endpoint] }));
  const { held, oldestLateAt } = (await readStats(env.DB, tenant, {}, world.now)).now;
  expect(held.count).toBe(1);
  expect(oldestLateAt).toBeNull();
});
