import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { emailChannel } from "../../src/channels/email/email.ts";
import { email, event } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { createEndpoint, disableEndpoint, readEndpoint, rotateSecret } from "../../src/registry/endpoints.ts";
import { readMessage } from "../../src/trace/messages.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { countRows, deliveriesOf, statesOf } from "../support/database/rows.ts";
import { ownDesk } from "../support/outside/email-desk.ts";
import { refused } from "../support/outside/replies.ts";
import { never } from "../support/outside/signals.ts";
import { World } from "../support/world.ts";

let world: World;
let tenant: string;

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
});

afterEach(() => checkInvariants(env.DB, tenant));

const keyed = (n: number) => event("a", n, { orderingKey: "k" });
const commit = (...messages: ReturnType<typeof event>[]) => world.commit(tenant, { messages });
const payloadsSent = () => world.sent.map(({ payload }) => payload);

describe("outcomes", () => {
  test("a first attempt that delivers costs one row, and is told in full", async () => {
    const endpointId = await world.createEndpoint(tenant);
    const { messages } = await commit(event("a", { n: 1 }));
    await world.runUntilIdle(tenant);
    expect(await countRows("attempts", tenant)).toBe(0);
    const trace = await readMessage(env.DB, tenant, messages[0]?.id ?? "");
    expect(trace.deliveries).toMatchObject([
      {
        endpointId,
        state: "delivered",
        dueAt: null,
        settledAt: world.sent[0]?.at,
        attempts: [{ number: 1, outcome: "delivered", httpStatus: 200, responseExcerpt: "ok", error: null }],
      },
    ]);
  });

  test("fails, waits as the schedule says, recovers; each attempt is recorded with the same webhook-id", async () => {
    await world.createEndpoint(tenant);
    let failures = 2;
    world.answer = () => (failures-- > 0 ? refused() : { kind: "accepted", httpStatus: 204, excerpt: null });
    const { messages } = await commit(event("a", 1));
    await world.runUntilIdle(tenant);
    const { deliveries } = await readMessage(env.DB, tenant, messages[0]?.id ?? "");
    expect(deliveries[0]).toMatchObject({
      state: "delivered",
      attempts: [
        { number: 1, outcome: "retry", httpStatus: 500, error: "http_status", responseExcerpt: "no" },
        { number: 2, outcome: "retry", httpStatus: 500 },
        { number: 3, outcome: "delivered", httpStatus: 204 },
      ],
    });
    const [first, second, third] = world.sent.map(({ at }) => at);
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(4_000);
    expect((second ?? 0) - (first ?? 0)).toBeLessThanOrEqual(6_001);
    expect((third ?? 0) - (second ?? 0)).toBeGreaterThanOrEqual(240_000);
    expect(new Set(world.sent.map(({ messageId }) => messageId)).size).toBe(1);
  });

  test("dead after the last retry, with the reason", async () => {
    await world.createEndpoint(tenant, { retrySchedule: [1, 1] });
    world.answer = () => refused({ error: "timeout", httpStatus: null });
    await commit(event("a", 1));
    await world.runUntilIdle(tenant);
    expect(await deliveriesOf(tenant)).toMatchObject([
      {
        state: "dead",
        reason: "exhausted",
        error: "timeout",
        attempts: 3,
        due_at: null,
        settled_at: world.sent[2]?.at,
      },
    ]);
    expect(await countRows("attempts", tenant)).toBe(3);
  });

  test("a status that the endpoint gives up on is dead at once; any other 4xx is tried again", async () => {
    await world.createEndpoint(tenant, { giveUpOn: [400, 404] });
    world.answer = ({ payload }) => refused({ httpStatus: Number(payload) });
    await commit(event("a", 404), event("a", 405));
    await world.onAlarm(tenant);
    await world.consume();
    expect(await deliveriesOf(tenant)).toMatchObject([
      { state: "dead", reason: "given_up", http_status: 404, attempts: 1 },
      { state: "pending", attempts: 1 },
    ]);
  });

  test("a permanent refusal is dead at once", async () => {
    await world.createEndpoint(tenant);
    world.answer = () => refused({ kind: "permanent", error: "E_RECIPIENT_SUPPRESSED" });
    await commit(event("a", 1));
    await world.runUntilIdle(tenant);
    expect(await deliveriesOf(tenant)).toMatchObject([{ state: "dead", reason: "given_up", attempts: 1 }]);
  });

  test("410 disables the endpoint; what else waits for it waits on", async () => {
    const endpoint = await world.createEndpoint(tenant);
    world.answer = () => refused({ kind: "gone", error: "gone", httpStatus: 410 });
    await commit(keyed(1), keyed(2));
    await world.runUntilIdle(tenant);
    expect(await deliveriesOf(tenant)).toMatchObject([
      { state: "dead", reason: "gone" },
      { state: "pending", attempts: 0 },
    ]);
    expect(await readEndpoint(world, tenant, endpoint)).toMatchObject({
      state: "disabled",
      stateReason: "gone",
    });
    expect(world.sent).toHaveLength(1);
    expect(world.alarms.has(tenant)).toBe(false);
  });

  test("a Retry-After longer than the schedule's wait is honoured", async () => {
    await world.createEndpoint(tenant);
    world.answer = () => refused({ retryAfterMs: 90_000 });
    await commit(event("a", 1));
    await world.onAlarm(tenant);
    await world.consume();
    expect(await deliveriesOf(tenant)).toMatchObject([{ state: "pending", due_at: world.now + 90_000 }]);
  });

  test("a channel that throws counts as a failed attempt", async () => {
    await world.createEndpoint(tenant, { retrySchedule: [] });
    world.answer = () => {
      throw new Error("boom");
    };
    await commit(event("a", 1));
    await world.runUntilIdle(tenant);
    expect(await deliveriesOf(tenant)).toMatchObject([{ state: "dead", error: "internal" }]);
  });
});

describe("order", () => {
  test("the later one of a key is sent only when the earlier is settled on record", async () => {
    await world.createEndpoint(tenant);
    const statesWhenSent: string[][] = [];
    world.answer = async () => {
      statesWhenSent.push(await statesOf(tenant));
      return { kind: "accepted", httpStatus: 200, excerpt: null };
    };
    await commit(keyed(1), keyed(2), keyed(3));
    await world.onAlarm(tenant);
    await world.consume();
    expect(statesWhenSent).toEqual([
      ["leased", "leased", "leased"],
      ["delivered", "leased", "leased"],
      ["delivered", "delivered", "leased"],
    ]);
  });

  test("kept over a failing head: the others of the key wait until it is delivered", async () => {
    await world.createEndpoint(tenant);
    let failures = 3;
    world.answer = ({ payload }) =>
      payload === "1" && failures-- > 0 ? refused() : { kind: "accepted", httpStatus: 200, excerpt: null };
    await commit(keyed(1), keyed(2), keyed(3));
    await world.runUntilIdle(tenant);
    expect(payloadsSent()).toEqual(["1", "1", "1", "1", "2", "3"]);
  });

  test("a dead head frees its key", async () => {
    await world.createEndpoint(tenant, { retrySchedule: [] });
    world.answer = ({ payload }) =>
      payload === "1" ? refused() : { kind: "accepted", httpStatus: 200, excerpt: null };
    await commit(keyed(1), keyed(2), keyed(3));
    await world.runUntilIdle(tenant);
    expect(await statesOf(tenant)).toEqual(["dead", "delivered", "delivered"]);
  });

  test("a run longer than a pack is continued, in order", async () => {
    await world.createEndpoint(tenant);
    const count = 2 * limits.keyRun + 3;
    await commit(...Array.from({ length: count }, (_, n) => keyed(n)));
    await world.runUntilIdle(tenant);
    expect(payloadsSent()).toEqual(Array.from({ length: count }, (_, n) => String(n)));
  });

  test("each endpoint has an order of its own: one that fails does not hold the other back", async () => {
    const bad = await world.createEndpoint(tenant);
    await world.createEndpoint(tenant);
    world.answer = ({ endpoint }) =>
      endpoint.id === bad ? refused() : { kind: "accepted", httpStatus: 200, excerpt: null };
    await commit(keyed(1), keyed(2));
    await world.onAlarm(tenant);
    await world.consume();
    const good = world.sent.filter(({ endpoint }) => endpoint.id !== bad);
    expect(good.map(({ payload }) => payload)).toEqual(["1", "2"]);
  });
});

describe("the lease fences", () => {
  test("a task that comes after its lease has ended does nothing", async () => {
    await world.createEndpoint(tenant);
    await commit(event("a", 1));
    await world.onAlarm(tenant);
    world.now += world.leaseMs;
    expect(await world.consume()).toEqual(["ack"]);
    expect(world.sent).toEqual([]);
    await world.runUntilIdle(tenant);
    expect(payloadsSent()).toEqual(["1"]);
  });

  test("a settled delivery is never sent again, however often its task is repeated", async () => {
    await world.createEndpoint(tenant);
    await commit(event("a", 1), keyed(2), keyed(3));
    await world.onAlarm(tenant);
    const tasks = [...world.queued];
    await world.consume();
    expect(await world.consume(undefined, tasks)).toEqual(["ack"]);
    expect(world.sent).toHaveLength(3);
  });

  test("a consumer that has lost its lease changes nothing", async () => {
    await world.createEndpoint(tenant);
    await commit(event("a", 1));
    await world.onAlarm(tenant);
    world.answer = async () => {
      await env.DB.prepare("UPDATE outbox_deliveries SET lease_token = 'another' WHERE tenant_id = ?")
        .bind(tenant)
        .run();
      return refused();
    };
    await world.consume();
    expect(await deliveriesOf(tenant)).toMatchObject([
      { state: "leased", lease_token: "another", attempts: 0 },
    ]);
    expect(await countRows("attempts", tenant)).toBe(0);
    expect(world.events).toContainEqual(
      expect.objectContaining({
        event: "delivery.attempted",
        attempt: 1,
        outcome: "retry",
        unconfirmed: true,
      }),
    );
  });

  test("no attempt starts that could outlast the lease: the rest is given back untried", async () => {
    await world.createEndpoint(tenant);
    const slowMs = 10_000;
    world.answer = () => {
      world.now += slowMs;
      return { kind: "accepted", httpStatus: 200, excerpt: null };
    };
    await commit(...Array.from({ length: 8 }, (_, n) => keyed(n)));
    await world.onAlarm(tenant);
    const endsAt = world.now + world.leaseMs;
    await world.consume();
    expect(world.now).toBeLessThanOrEqual(endsAt - limits.settleMarginSeconds * 1000);
    const states = await statesOf(tenant);
    expect(states.filter((state) => state === "pending").length).toBeGreaterThan(0);
    expect(states).not.toContain("leased");
    await world.runUntilIdle(tenant);
    expect(payloadsSent()).toEqual(Array.from({ length: 8 }, (_, n) => String(n)));
  });

  test("a delivery that an earlier one of its key has come to block since the claim is given back, and sent after it", async () => {
    await world.createEndpoint(tenant);
    await commit(keyed(1), keyed(2));
    await world.onAlarm(tenant);
    // As when the first is replayed while the second is under way.
    await env.DB.prepare(
      "UPDATE outbox_deliveries SET state = 'pending', lease_token = NULL, due_at = ?2 WHERE tenant_id = ?1 AND seq = 1",
    )
      .bind(tenant, world.now)
      .run();
    await world.consume();
    expect(world.sent).toEqual([]);
    expect(await deliveriesOf(tenant)).toMatchObject([
      { state: "pending", behind: 0 },
      { state: "pending", behind: 1 },
    ]);
    await world.runUntilIdle(tenant);
    expect(payloadsSent()).toEqual(["1", "2"]);
  });

  test("an endpoint that was disabled since the claim is not sent to", async () => {
    const endpoint = await world.createEndpoint(tenant);
    await commit(event("a", 1));
    await world.onAlarm(tenant);
    await disableEndpoint(world.registryTools(), tenant, endpoint);
    await world.consume();
    expect(world.sent).toEqual([]);
    expect(await statesOf(tenant)).toEqual(["pending"]);
  });
});

test("the lease of deliveries behind a failure does not grow; that of deliveries that came too late does", async () => {
  await world.createEndpoint(tenant);
  world.answer = () => refused();
  await commit(keyed(1), keyed(2));
  await world.onAlarm(tenant);
  await world.consume();
  expect((await deliveriesOf(tenant)).map(({ claims }) => claims)).toEqual([0, 0]);

  tenant = await world.createTenant();
  await world.createEndpoint(tenant);
  await commit(event("a", 1));
  await world.onAlarm(tenant);
  world.now += world.leaseMs - 1;
  await world.consume();
  expect(await deliveriesOf(tenant)).toMatchObject([{ state: "pending", attempts: 0, claims: 1 }]);
});

describe("the costs of a task", () => {
  test("a full pack: one read, one settling batch", async () => {
    await world.createEndpoint(tenant);
    await commit(...Array.from({ length: limits.packDeliveries }, (_, n) => event("a", n)));
    await world.onAlarm(tenant);
    let batches = 0;
    const counting = {
      step: <T>(_: string, act: () => Promise<T>) => act(),
      db: () => ({
        prepare: env.DB.prepare.bind(env.DB),
        batch: <T>(statements: D1PreparedStatement[]) => {
          batches++;
          return env.DB.batch<T>(statements);
        },
      }),
    };
    await world.consume(counting);
    expect(world.sent).toHaveLength(limits.packDeliveries);
    expect(batches).toBe(2);
  });
});

test("a body that is no delivery task is put aside, and does not stop the others", async () => {
  await world.createEndpoint(tenant);
  await commit(event("a", 1));
  await world.onAlarm(tenant);
  const [task] = world.queued.splice(0);
  const nonsense = [null, 7, {}, { ...task?.body, seqs: ["1"] }, { ...task?.body, v: undefined }, { v: "x" }];
  const tasks = nonsense.map((body) => ({ channel: "webhook" as const, body: body as never }));
  expect(await world.consume(undefined, task ? [...tasks, task] : [])).toEqual(Array(7).fill("ack"));
  expect(payloadsSent()).toEqual(["1"]);
});

test("a task of another version is left to a consumer that knows it, and not dropped; its lease rescues it", async () => {
  await world.createEndpoint(tenant);
  await commit(event("a", 1));
  await world.onAlarm(tenant);
  const [task] = world.queued.splice(0);
  const newer = { channel: "webhook" as const, body: { ...task?.body, v: 2 } as never };
  expect(await world.consume(undefined, [newer])).toEqual(["retry"]);
  expect(world.sent).toEqual([]);
  expect(world.events).toContainEqual({ event: "delivery.task_rejected", body: "object", again: true });
  world.now += world.leaseMs;
  await world.sweep();
  await world.runUntilIdle(tenant);
  expect(payloadsSent()).toEqual(["1"]);
});

test("after a rotation the secrets before sign too, each until its overlap is over, also when it was rotated twice", async () => {
  const input = { channel: "webhook", url: "https://example.com/hook" } as const;
  const { id: endpoint, secret: first } = await createEndpoint(world.registryTools(), tenant, input);
  const second = (await rotateSecret(world.registryTools(), tenant, endpoint)).secret;
  world.now += 60_000;
  const third = (await rotateSecret(world.registryTools(), tenant, endpoint)).secret;
  const signedWith = async () => {
    await commit(event("a", 1));
    await world.onAlarm(tenant);
    await world.consume();
    return world.sent.at(-1)?.endpoint.secrets;
  };
  expect(await signedWith()).toEqual([third, second, first]);
  world.now += limits.secretOverlapSeconds * 1000 - 60_000;
  expect(await signedWith()).toEqual([third, second]);
  world.now += 60_000;
  expect(await signedWith()).toEqual([third]);
});

test("however often a secret is rotated, so many sign and no more", async () => {
  const endpoint = await world.createEndpoint(tenant);
  for (let n = 0; n < 9; n++) await rotateSecret(world.registryTools(), tenant, endpoint);
  await commit(event("a", 1));
  await world.runUntilIdle(tenant);
  expect(world.sent[0]?.endpoint.secrets).toHaveLength(1 + limits.previousSecrets);
});

test("a late 410 does not disable an endpoint whose delivery has meanwhile gone to another", async () => {
  const endpoint = await world.createEndpoint(tenant);
  await commit(event("a", 1));
  await world.onAlarm(tenant);
  world.answer = async () => {
    await env.DB.prepare("UPDATE outbox_deliveries SET lease_token = 'another' WHERE tenant_id = ?")
      .bind(tenant)
      .run();
    return refused({ kind: "gone", error: "gone", httpStatus: 410 });
  };
  await world.consume();
  expect(await readEndpoint(world, tenant, endpoint)).toMatchObject({ state: "enabled" });
});

test("of a run with a gap, only what comes before the gap is sent", async () => {
  await world.createEndpoint(tenant);
  await commit(keyed(1), keyed(2), keyed(3));
  await world.onAlarm(tenant);
  await env.DB.prepare(
    "UPDATE outbox_deliveries SET state = 'pending', lease_token = NULL, due_at = ?2 WHERE tenant_id = ?1 AND seq = 2",
  )
    .bind(tenant, world.now)
    .run();
  await world.consume();
  expect(payloadsSent()).toEqual(["1"]);
  await world.runUntilIdle(tenant);
  expect(payloadsSent()).toEqual(["1", "2", "3"]);
});

/*
 * Setup: 500 deliveries that are due since the same instant; one consumer is handed as many as may be in flight.
 * Timeline: it gets through most of its tasks, then one answer takes nearly all of the lease; it gives back what is left.
 * What this proves: what was given back untried goes on where it stood, and not behind all that came after it.
 */
test("a delivery given back untried keeps its place in the line, and its age", async () => {
  await world.createEndpoint(tenant);
  const count = 500;
  for (let from = 0; from < count; from += 100)
    await commit(...Array.from({ length: 100 }, (_, n) => event("a", from + n)));
  const committedAt = world.now;
  world.now += 20;
  await world.onAlarm(tenant);
  world.answer = ({ payload }) => {
    if (payload === "149") world.now += world.leaseMs - 10_000;
    return { kind: "accepted", httpStatus: 200, excerpt: null };
  };
  await world.consume();
  const rest = (await deliveriesOf(tenant)).filter(({ seq, state }) => seq <= 160 && state === "pending");
  expect(rest.length).toBeGreaterThan(0);
  expect(rest.every(({ due_at }) => due_at === committedAt)).toBe(true);
  await world.onAlarm(tenant);
  const claimed = world.queued.flatMap(({ body }) => body.seqs);
  expect(claimed.toSorted((a, b) => a - b).slice(0, rest.length)).toEqual(rest.map(({ seq }) => seq));
});

test("a delivery whose lease ended unheard of, and that is then given back, keeps its place too", async () => {
  await world.createEndpoint(tenant);
  await commit(event("a", 1));
  const committedAt = world.now;
  await world.onAlarm(tenant);
  world.queued.splice(0);
  world.now += world.leaseMs;
  await world.sweep();
  await world.onAlarm(tenant);
  world.now = ((await deliveriesOf(tenant))[0]?.due_at ?? 0) - 1000;
  await world.consume();
  expect(await deliveriesOf(tenant)).toMatchObject([{ state: "pending", due_at: committedAt, attempts: 0 }]);
});

test.each([undefined, {}, { ok: true }, { kind: "refused" }])(
  "an answer of an app's own e-mail provider that is no reply is a failed attempt: %o",
  async (answer) => {
    const channel = emailChannel({ send: async () => answer as never }, "us@example.com", ownDesk());
    world.answer = (dispatch) => channel.deliver(dispatch, never());
    await commit(email({ to: "ada@example.com", subject: "Hello", text: "Hello" }));
    await world.onAlarm(tenant);
    await world.consume();
    expect(await deliveriesOf(tenant)).toMatchObject([{ state: "pending", error: "internal", attempts: 1 }]);
  },
);
