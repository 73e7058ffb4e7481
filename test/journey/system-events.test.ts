import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SYSTEM_EVENTS } from "../../src/domain/system-events.ts";
import { replayOne } from "../../src/interventions/replay.ts";
import { event } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { enableEndpoint, updateEndpoint } from "../../src/registry/endpoints.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { countRows } from "../support/database/rows.ts";
import { immortal, MortalLife } from "../support/faults/life.ts";
import { refused } from "../support/outside/replies.ts";
import { ACCEPTED, World } from "../support/world.ts";

let world: World;
let tenant: string;
let hook: string;
let listener: string;

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
  hook = await world.createEndpoint(tenant, { eventTypes: ["a"] });
  listener = await world.createEndpoint(tenant, { eventTypes: [...SYSTEM_EVENTS] });
  world.retrySchedule = [1, 2, 4];
});

afterEach(() => checkInvariants(env.DB, tenant));

const commit = (...payloads: unknown[]) =>
  world.commit(tenant, { messages: payloads.map((payload) => event("a", payload)) });
const failHook = (times: number) => {
  let left = times;
  world.answer = ({ endpoint }) => (endpoint.id === hook && left-- > 0 ? refused() : ACCEPTED);
};
const told = () =>
  world.sent
    .filter(({ endpoint }) => endpoint.id === listener)
    .map(({ eventType, payload }) => ({ tells: eventType, ...JSON.parse(payload) }));

const exhausted = () =>
  told()
    .filter(({ tells }) => tells === "message.attempt.exhausted")
    .map(({ messageId }) => world.sent.find((one) => one.messageId === messageId)?.sequence)
    .toSorted();

test("no more endpoints than so many listen to a system event: the next is refused, and one of them may change", async () => {
  const listeners = [listener];
  while (listeners.length < limits.listenersPerSystemEvent) {
    listeners.push(await world.createEndpoint(tenant, { eventTypes: ["endpoint.disabled"] }));
  }
  const one = { eventTypes: ["a", "endpoint.disabled"] };
  const refusal = { failure: { fields: [{ path: "eventTypes[1]" }] } };
  await expect(world.createEndpoint(tenant, one)).rejects.toMatchObject(refusal);
  await expect(world.ask((tools) => updateEndpoint(tools, tenant, hook, one))).rejects.toMatchObject(refusal);
  await world.ask((tools) => updateEndpoint(tools, tenant, listener, one));
  await world.createEndpoint(tenant, { eventTypes: ["message.attempt.failing"] });
});

describe("the outbox tells, to endpoints that subscribe to it by name", () => {
  test("of half of the attempts failed, and of the recovery", async () => {
    failHook(2);
    const { messages } = await commit(1);
    await world.runUntilIdle(tenant);
    const [message] = messages;
    expect(told()).toMatchObject([
      {
        tells: "message.attempt.failing",
        messageId: message?.id,
        endpointId: hook,
        attempt: 2,
        httpStatus: 500,
        error: "http_status",
        reason: null,
        nextAttemptAt: expect.stringMatching(/^\d{4}-/),
      },
      { tells: "message.attempt.recovered", messageId: message?.id, attempt: 3, httpStatus: 200 },
    ]);
  });

  test("of a dead delivery, and of its successful replay", async () => {
    failHook(4);
    const { messages } = await commit(1);
    await world.runUntilIdle(tenant);
    expect(told()).toMatchObject([
      { tells: "message.attempt.failing", attempt: 2 },
      { tells: "message.attempt.exhausted", attempt: 4, reason: "exhausted", nextAttemptAt: null },
    ]);
    await replayOne(world.registryTools(), tenant, messages[0]?.id ?? "", hook);
    await world.runUntilIdle(tenant);
    expect(told().at(-1)).toMatchObject({ tells: "message.attempt.recovered", attempt: 5 });
  });

  test("of a dead delivery, for any reason", async () => {
    world.answer = ({ endpoint }) =>
      endpoint.id === hook ? refused({ kind: "permanent", error: "target_refused" }) : ACCEPTED;
    await commit(1);
    await world.runUntilIdle(tenant);
    expect(told()).toMatchObject([{ tells: "message.attempt.exhausted", attempt: 1, reason: "given_up" }]);
  });

  test("of a disabled endpoint, with the reason", async () => {
    world.answer = ({ endpoint }) =>
      endpoint.id === hook ? refused({ kind: "gone", error: "gone", httpStatus: 410 }) : ACCEPTED;
    await commit(1);
    await world.runUntilIdle(tenant);
    expect(told()).toMatchObject([
      { tells: "message.attempt.exhausted", reason: "gone" },
      { tells: "endpoint.disabled", endpointId: hook, reason: "gone" },
    ]);

    await enableEndpoint(world.registryTools(), tenant, hook);
    world.disableAfterMs = 2_000;
    failHook(9);
    await commit(2);
    await world.runUntilIdle(tenant);
    expect(told().at(-1)).toMatchObject({
      tells: "endpoint.disabled",
      reason: "failing",
      failingSince: expect.stringMatching(/^\d{4}-/),
    });
  });

  test("nothing about a delivery that went well, or recovered before half of its attempts", async () => {
    failHook(1);
    await commit(1, 2);
    await world.runUntilIdle(tenant);
    expect(told()).toEqual([]);
    expect(await countRows("messages", tenant)).toBe(2);
  });

  const steps = [1, 2, 3, 4, 5, 6, 7, 8].flatMap((at) => [
    { at, side: "before" as const },
    { at, side: "after" as const },
  ]);

  test.each(steps)(
    "each once, also when the consumer dies $side its await number $at",
    async ({ at, side }) => {
      world.answer = ({ endpoint }) =>
        endpoint.id === hook ? refused({ kind: "permanent", error: "no" }) : ACCEPTED;
      await commit(1, 2, 3);
      await world.onAlarm(tenant);
      const life = new MortalLife(at, side);
      await Promise.race([world.consume(life), life.death]);
      world.now += world.leaseMs;
      await world.sweep();
      await world.runUntilIdle(tenant);
      expect(exhausted()).toEqual([1, 2, 3]);
    },
  );

  test("each once, also when D1 commits and its answer is lost", async () => {
    world.answer = ({ endpoint }) =>
      endpoint.id === hook ? refused({ kind: "permanent", error: "no" }) : ACCEPTED;
    await commit(1, 2, 3);
    await world.onAlarm(tenant);
    let batches = 0;
    const batch = async <T>(statements: D1PreparedStatement[]) => {
      const results = await env.DB.batch<T>(statements);
      if (++batches === 2) throw new Error("D1_ERROR: Network connection lost.");
      return results;
    };
    await world.consume({ ...immortal, db: () => ({ prepare: env.DB.prepare.bind(env.DB), batch }) });
    world.now += limits.sweepGraceMs + 1;
    await world.sweep();
    await world.runUntilIdle(tenant);
    expect(exhausted()).toEqual([1, 2, 3]);
  });

  test("the events of one delivery in their order", async () => {
    let listenerFailures = 1;
    let hookFailures = 4;
    world.answer = ({ endpoint }) => {
      if (endpoint.id === listener) return listenerFailures-- > 0 ? refused() : ACCEPTED;
      return hookFailures-- > 0 ? refused() : ACCEPTED;
    };
    await commit(1);
    await world.runUntilIdle(tenant);
    expect([...new Set(told().map(({ tells }) => tells))]).toEqual([
      "message.attempt.failing",
      "message.attempt.exhausted",
    ]);
  });
});

describe("nobody is told", () => {
  test("by a subscription to every event type: system events need their name", async () => {
    const everything = await world.createEndpoint(tenant);
    failHook(2);
    await commit(1);
    await world.runUntilIdle(tenant);
    const own = world.sent.filter(({ endpoint }) => endpoint.id === everything);
    expect(own.map(({ eventType }) => eventType)).toEqual(["a"]);
  });

  test("about the events themselves: a listener that fails makes no news", async () => {
    world.answer = () => refused();
    world.retrySchedule = [1];
    await commit(1);
    await world.runUntilIdle(tenant);
    const types = await env.DB.prepare(
      "SELECT event_type FROM outbox_messages WHERE tenant_id = ? ORDER BY seq",
    )
      .bind(tenant)
      .all();
    expect(types.results).toEqual([
      { event_type: "a" },
      { event_type: "message.attempt.failing" },
      { event_type: "message.attempt.exhausted" },
    ]);
  });

  test("where nobody listens: no message is written, and no sequence number used", async () => {
    const quiet = await world.createTenant();
    await world.createEndpoint(quiet);
    world.answer = () => refused();
    await world.commit(quiet, { messages: [event("a", 1)] });
    await world.runUntilIdle(quiet);
    expect(await countRows("messages", quiet)).toBe(1);
    await checkInvariants(env.DB, quiet);
  });

  test("by anybody else: their names are the outbox's own", async () => {
    for (const name of SYSTEM_EVENTS) {
      await expect(world.commit(tenant, { messages: [event(name, 1)] })).rejects.toMatchObject({
        code: "invalid_input",
        message: expect.stringContaining("messages[0].eventType"),
      });
    }
  });
});
