import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Dispatch, Reply } from "../../src/channels/channel.ts";
import type { Database } from "../../src/db/database.ts";
import { type CommitRequest, commit } from "../../src/outbox/commit.ts";
import type { Effects } from "../../src/outbox/effects.ts";
import { email, event, type MessageInput, work } from "../../src/outbox/message.ts";
import { createEventType, updateEventType } from "../../src/registry/event-types.ts";
import { listMessages, readMessage } from "../../src/trace/messages.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { countRows, deliveriesOf, statesOf } from "../support/database/rows.ts";
import { D1_WORDS, OWN_WORDS } from "../support/faults/d1-words.ts";
import { atEveryAwait } from "../support/faults/intruder.ts";
import { MortalLife } from "../support/faults/life.ts";
import { World } from "../support/world.ts";

let world: World;
let tenant: string;

beforeEach(async () => {
  world = new World(env.DB);
  world.handlers = { names: new Set(["charge"]), forWork: new Set(["charge"]), subscribedTo: () => [] };
  tenant = await world.createTenant();
  await env.DB.exec(
    "CREATE TABLE IF NOT EXISTS app_charges (tenant TEXT NOT NULL, order_id INTEGER NOT NULL, times INTEGER NOT NULL CHECK (times < 100), PRIMARY KEY (tenant, order_id)) STRICT",
  );
});

afterEach(() => checkInvariants(env.DB, tenant));

/** The app's statement: it counts, so that one that was run twice shows. */
const charge = (order: number, db: Database = env.DB) =>
  db
    .prepare(
      "INSERT INTO app_charges VALUES (?1, ?2, 1) ON CONFLICT (tenant, order_id) DO UPDATE SET times = times + 1",
    )
    .bind(tenant, order);

async function charges(): Promise<Record<number, number>> {
  const { results } = await env.DB.prepare(
    "SELECT order_id, times FROM app_charges WHERE tenant = ? ORDER BY 1",
  )
    .bind(tenant)
    .all<{ order_id: number; times: number }>();
  return Object.fromEntries(results.map(({ order_id, times }) => [order_id, times]));
}

const done = (effects?: Effects): Reply => ({
  kind: "accepted",
  httpStatus: null,
  excerpt: null,
  ...(effects && { effects }),
});
const orderOf = ({ payload }: Dispatch) => JSON.parse(payload) as number;
const charging: World["answer"] = (dispatch) =>
  dispatch.endpoint.target === "charge" ? done({ writes: [charge(orderOf(dispatch))] }) : done();
const commitWork = (...orders: number[]) =>
  world.commit(tenant, { messages: orders.map((order) => work("charge", order)) });

/** What the tenant has committed, oldest first, by event type. */
async function committed(): Promise<string[]> {
  const { entries: messages } = await listMessages(env.DB, tenant, { limit: 100 });
  return messages.map(({ eventType }) => eventType).toReversed();
}

describe("the effects of a handler", () => {
  test("happens in the batch that settles its delivery: statements, messages and their deliveries", async () => {
    await world.createEndpoint(tenant);
    world.answer = (dispatch) =>
      dispatch.endpoint.target === "charge"
        ? done({
            writes: [charge(1)],
            messages: [
              event("order.paid", { order: 1 }),
              email({ to: "ada@example.com", subject: "Paid", text: "!" }),
            ],
          })
        : done();
    await commitWork(1);
    await world.runUntilIdle(tenant);
    expect(await charges()).toEqual({ 1: 1 });
    expect(await committed()).toEqual(["work", "order.paid", "email"]);
    expect(await statesOf(tenant)).toEqual(["delivered", "delivered", "delivered"]);
    expect(world.events).toContainEqual(
      expect.objectContaining({ event: "message.committed", handled: 1, messages: 2, deliveries: 2 }),
    );
  });

  test("goes in one batch for all that are done at the same time", async () => {
    world.answer = charging;
    await commitWork(1, 2, 3, 4, 5);
    await world.onAlarm(tenant);
    const life = new MortalLife(Number.POSITIVE_INFINITY, "before");
    await world.consume(life);
    expect(await charges()).toEqual({ 1: 1, 2: 1, 3: 1, 4: 1, 5: 1 });
    expect(life.steps.filter((step) => step === "d1.batch")).toHaveLength(2);
  });

  test("when D1 refuses what one gave, only that one has failed, and it says why", async () => {
    world.retrySchedule = [1];
    world.answer = (dispatch) => {
      const order = orderOf(dispatch);
      return done({
        writes: order === 2 ? [charge(2), env.DB.prepare("INSERT INTO nowhere VALUES (1)")] : [charge(order)],
      });
    };
    const { messages } = await commitWork(1, 2, 3);
    await world.runUntilIdle(tenant);
    expect(await charges()).toEqual({ 1: 1, 3: 1 });
    expect(await statesOf(tenant)).toEqual(["delivered", "dead", "delivered"]);
    const { deliveries } = await readMessage(env.DB, tenant, messages[1]?.id ?? "");
    expect(deliveries[0]).toMatchObject({
      reason: "exhausted",
      attempts: [
        {
          number: 1,
          outcome: "retry",
          error: "effects_refused",
          responseExcerpt: expect.stringContaining("no such table: nowhere"),
        },
        { number: 2, outcome: "dead", error: "effects_refused" },
      ],
    });
  });

  test("refused by D1 are logged as the failed attempt on record, and not as delivered", async () => {
    world.retrySchedule = [];
    world.answer = () => done({ writes: [env.DB.prepare("INSERT INTO nowhere VALUES (1)")] });
    await commitWork(1);
    await world.runUntilIdle(tenant);
    const logged = world.events.filter(({ event }) => event === "delivery.attempted");
    expect(logged).toMatchObject([
      { sequence: 1, attempt: 1, outcome: "dead", error: "effects_refused", reason: "exhausted" },
    ]);
    expect(logged[0]).not.toHaveProperty("unconfirmed");
  });

  test.each(OWN_WORDS)(
    "a trigger of the app spoils its own handler only, also where it says: %s",
    async (words) => {
      world.retrySchedule = [];
      const trigger = `charges_${crypto.randomUUID().slice(0, 8)}`;
      await env.DB.prepare(
        `CREATE TRIGGER ${trigger} BEFORE INSERT ON app_charges WHEN NEW.tenant = '${tenant}' AND NEW.order_id = 2
       BEGIN SELECT RAISE(ABORT, '${words}'); END`,
      ).run();
      world.answer = charging;
      await commitWork(1, 2, 3, 4, 5);
      await world.runUntilIdle(tenant);
      expect(world.sent).toHaveLength(5);
      expect(await charges()).toEqual({ 1: 1, 3: 1, 4: 1, 5: 1 });
      expect(await statesOf(tenant)).toEqual(["delivered", "dead", "delivered", "delivered", "delivered"]);
    },
  );

  test("when D1 refuses it the key stops there, as after any failure", async () => {
    world.retrySchedule = [1];
    let refused = 0;
    world.answer = (dispatch) => {
      const order = orderOf(dispatch);
      const spoilt = order === 1 && refused++ === 0;
      return done({
        writes: [charge(order), ...(spoilt ? [env.DB.prepare("INSERT INTO nowhere VALUES (1)")] : [])],
      });
    };
    await world.commit(tenant, {
      messages: [1, 2, 3].map((order) => work("charge", order, { orderingKey: "k" })),
    });
    await world.runUntilIdle(tenant);
    expect(world.sent.map(orderOf)).toEqual([1, 1, 2, 3]);
    expect(await charges()).toEqual({ 1: 1, 2: 1, 3: 1 });
  });

  test("refused by D1 is held against the handler, as any failure", async () => {
    world.answer = () => done({ writes: [env.DB.prepare("INSERT INTO nowhere VALUES (1)")] });
    await commitWork(1, 2);
    await world.onAlarm(tenant);
    await world.consume();
    const health = env.DB.prepare(
      "SELECT failing_since, window_failures FROM outbox_endpoints WHERE tenant_id = ? AND id = 'ep_handler_charge'",
    ).bind(tenant);
    expect(await health.first()).toEqual({ failing_since: world.now, window_failures: 2 });
  });

  test.each<[string, () => Effects, RegExp]>([
    [
      "a message that is none",
      () => ({ messages: [{ eventType: "no dots allowed!" } as MessageInput] }),
      /eventType/,
    ],
    [
      "a statement that is none",
      () => ({ writes: ["DELETE FROM app_charges" as never] }),
      /^OutboxError: writes\[0\]: is a text/,
    ],
    ["too much", () => ({ writes: Array.from({ length: 26 }, () => charge(9)) }), /25/],
    [
      "work for a handler that is not there",
      () => ({ messages: [work("chrage", 1)] }),
      /registered are charge/,
    ],
  ])("%s is a failed attempt, and nothing of it is committed", async (_, effects, words) => {
    world.retrySchedule = [];
    world.answer = () => done(effects());
    const { messages } = await commitWork(1);
    await world.runUntilIdle(tenant);
    const { deliveries } = await readMessage(env.DB, tenant, messages[0]?.id ?? "");
    expect(deliveries[0]).toMatchObject({ state: "dead", attempts: [{ error: "effects_refused" }] });
    expect(deliveries[0]?.attempts[0]?.responseExcerpt).toMatch(words);
    expect(await charges()).toEqual({});
    expect(await countRows("messages", tenant)).toBe(1);
  });

  test("continues the trace of what was handled", async () => {
    const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    world.answer = (dispatch) =>
      dispatch.eventType === "work" ? done({ messages: [event("a", 1)] }) : done();
    await world.commit(tenant, { messages: [work("charge", 1)], traceparent });
    await world.runUntilIdle(tenant);
    const { results } = await env.DB.prepare("SELECT traceparent FROM outbox_messages WHERE tenant_id = ?")
      .bind(tenant)
      .all<{ traceparent: string }>();
    expect(results.map(({ traceparent }) => traceparent.split("-")[1])).toEqual(
      Array(2).fill(traceparent.split("-")[1]),
    );
  });
});

describe("exactly once", () => {
  test("a consumer without the lease changes nothing: another was quicker", async () => {
    world.answer = charging;
    await commitWork(1);
    await world.onAlarm(tenant);
    const late = world.queued.map((task) => structuredClone(task));
    let intruded = false;
    world.answer = async (dispatch) => {
      if (!intruded) {
        intruded = true;
        world.now += world.leaseMs + 1;
        await world.onAlarm(tenant);
        await world.consume();
      }
      return charging(dispatch);
    };
    await world.consume(undefined, late);
    expect(await charges()).toEqual({ 1: 1 });
    expect(await statesOf(tenant)).toEqual(["delivered"]);
    expect(world.sent).toHaveLength(2);
  });

  test.each(D1_WORDS.lost)(
    "an answer of D1 that gets lost is asked for again, and nothing happens twice: %s",
    async (words) => {
      await world.createEndpoint(tenant);
      world.answer = (dispatch) =>
        dispatch.eventType === "work"
          ? done({ writes: [charge(1)], messages: [event("order.paid", 1)] })
          : done();
      await commitWork(1);
      await world.onAlarm(tenant);
      const life = new MortalLife(Number.POSITIVE_INFINITY, "before");
      let lost = 0;
      const step = life.step.bind(life);
      life.step = async (name, act) => {
        const result = await step(name, act);
        if (name === "d1.batch" && life.steps.length > 2 && lost++ === 0)
          throw new Error(`D1_ERROR: ${words}`);
        return result;
      };
      await world.consume(life);
      expect(lost).toBeGreaterThan(0);
      await world.runUntilIdle(tenant);
      expect(await charges()).toEqual({ 1: 1 });
      expect(await committed()).toEqual(["work", "order.paid"]);
      expect(await statesOf(tenant)).toEqual(["delivered", "delivered"]);
      expect(world.sent.filter(({ eventType }) => eventType === "work")).toHaveLength(1);
    },
  );

  test.each(["before", "after"] as const)("a death %s any await: the effect is there once", async (side) => {
    for (let at = 1; ; at++) {
      world = new World(env.DB);
      world.handlers = { names: new Set(["charge"]), forWork: new Set(["charge"]), subscribedTo: () => [] };
      tenant = await world.createTenant();
      await world.createEndpoint(tenant);
      world.answer = (dispatch) =>
        dispatch.eventType === "work"
          ? done({ writes: [charge(orderOf(dispatch))], messages: [event("order.paid", orderOf(dispatch))] })
          : done();
      await commitWork(1, 2);
      await world.onAlarm(tenant);
      const life = new MortalLife(at, side);
      await Promise.race([world.consume(life), life.death]);
      const died = life.isDead;
      world.now += 20 * world.leaseMs;
      await world.sweep();
      await world.runUntilIdle(tenant);
      expect(await charges()).toEqual({ 1: 1, 2: 1 });
      expect((await committed()).toSorted()).toEqual(["order.paid", "order.paid", "work", "work"]);
      expect(new Set(await statesOf(tenant))).toEqual(new Set(["delivered"]));
      await checkInvariants(env.DB, tenant);
      if (!died) break;
    }
  });

  test("with any change of the delivery meanwhile, at any await", async () => {
    await atEveryAwait(async (lifeWith) => {
      world = new World(env.DB);
      world.handlers = { names: new Set(["charge"]), forWork: new Set(["charge"]), subscribedTo: () => [] };
      tenant = await world.createTenant();
      world.answer = charging;
      await commitWork(1);
      await world.onAlarm(tenant);
      const life = lifeWith(async () => {
        world.now += world.leaseMs + 1;
        await world.onAlarm(tenant);
        await world.consume();
      });
      await world.consume(life);
      await world.runUntilIdle(tenant);
      expect(await charges()).toEqual({ 1: 1 });
      await checkInvariants(env.DB, tenant);
    });
  });
});

test("a consumer without the lease settles nothing without the effect, also when the database is set back to where it stood", async () => {
  world.answer = charging;
  await commitWork(1);
  await world.onAlarm(tenant);
  const token = world.queued[0]?.body.leaseToken ?? "";
  const setToken = (value: string) =>
    env.DB.prepare("UPDATE outbox_deliveries SET lease_token = ? WHERE tenant_id = ?")
      .bind(value, tenant)
      .run();
  const life = new MortalLife(Number.POSITIVE_INFINITY, "before");
  const step = life.step.bind(life);
  life.step = async (name, act) => {
    if (name !== "d1.batch" || !life.steps.includes("channel.deliver")) return step(name, act);
    await setToken(life.steps.at(-1) === "d1.batch" ? token : "another");
    return step(name, act);
  };
  await world.consume(life);
  expect(life.steps.filter((step) => step === "d1.batch")).toHaveLength(3);
  expect(await statesOf(tenant)).toEqual(["leased"]);
  world.now += world.leaseMs + 1;
  await world.sweep();
  await world.runUntilIdle(tenant);
  expect(await charges()).toEqual({ 1: 1 });
  expect(await statesOf(tenant)).toEqual(["delivered"]);
});

describe("schemas", () => {
  const tools = () => world.registryTools();
  const schema = (type: string) => ({ name: "order.paid", schema: { type } });

  test("a message that does not fit is a failed attempt; one that fits since the schema was changed is committed", async () => {
    world.retrySchedule = [5];
    await createEventType(tools(), tenant, schema("string"));
    world.answer = (dispatch) =>
      dispatch.eventType === "work" ? done({ messages: [event("order.paid", 1)] }) : done();
    const { messages } = await commitWork(1);
    await world.onAlarm(tenant);
    await world.consume();
    expect(await committed()).toEqual(["work"]);
    await updateEventType(tools(), tenant, "order.paid", { schema: { type: "number" } });
    await world.runUntilIdle(tenant);
    expect(await committed()).toEqual(["work", "order.paid"]);
    const { deliveries } = await readMessage(env.DB, tenant, messages[0]?.id ?? "");
    expect(deliveries[0]?.attempts).toMatchObject([{ error: "effects_refused" }, { outcome: "delivered" }]);
  });

  test("unreadable are not held against the handler, and nothing is committed by others", async () => {
    world.retrySchedule = [5];
    await createEventType(tools(), tenant, schema("number"));
    await world.commit(tenant, { messages: [event("order.paid", 0)] });
    world.answer = (dispatch) =>
      dispatch.eventType === "work" ? done({ messages: [event("order.unpaid", 1)] }) : done();
    const { messages } = await commitWork(1);
    await world.onAlarm(tenant);
    const life = new MortalLife(Number.POSITIVE_INFINITY, "before");
    const step = life.step.bind(life);
    life.step = async (name, act) => {
      if (name === "d1.batch" && life.steps.at(-1) === "channel.deliver") {
        life.steps.push("d1.lost");
        throw new Error("D1_ERROR: Network connection lost.");
      }
      return step(name, act);
    };
    await world.consume(life);
    expect(life.steps).toContain("d1.lost");
    expect(await committed()).toEqual(["order.paid", "work"]);
    await world.runUntilIdle(tenant);
    const { deliveries } = await readMessage(env.DB, tenant, messages[0]?.id ?? "");
    expect(deliveries[0]?.attempts).toMatchObject([{ error: "internal" }, { outcome: "delivered" }]);
  });

  test("changed between the handler's end and the batch, it is the one in force that counts", async () => {
    await createEventType(tools(), tenant, schema("number"));
    await world.commit(tenant, { messages: [event("order.paid", 0)] });
    world.answer = async (dispatch) => {
      if (dispatch.eventType !== "work") return done();
      return done({ messages: [event("order.paid", 1)] });
    };
    const { messages } = await commitWork(1);
    await world.onAlarm(tenant);
    const life = new MortalLife(Number.POSITIVE_INFINITY, "before");
    const step = life.step.bind(life);
    let changed = false;
    life.step = async (name, act) => {
      if (name === "d1.batch" && life.steps.includes("channel.deliver") && !changed) {
        changed = true;
        await updateEventType(tools(), tenant, "order.paid", { schema: { type: ["number", "null"] } });
      }
      return step(name, act);
    };
    await world.consume(life);
    await world.runUntilIdle(tenant);
    expect(changed).toBe(true);
    const { deliveries } = await readMessage(env.DB, tenant, messages[0]?.id ?? "");
    expect(deliveries[0]?.attempts).toMatchObject([{ number: 1, outcome: "delivered" }]);
    expect(await committed()).toEqual(["order.paid", "work", "order.paid"]);
  });
});

test("an effect costs the rows of its statements, and the fence none", async () => {
  world.answer = charging;
  await commitWork(1);
  await world.onAlarm(tenant);
  let written = 0;
  const life = new MortalLife(Number.POSITIVE_INFINITY, "before");
  const step = life.step.bind(life);
  life.step = async (name, act) => {
    const result = await step(name, act);
    if (name === "d1.batch") for (const { meta } of result as D1Result[]) written += meta.rows_written;
    return result;
  };
  await world.consume(life);
  // The charge, whose table has a rowid and hence a row for its key; and the delivery.
  expect(written).toBe(2 + 1);
});

test("a handler's own endpoint is made with the first work for it, and costs nothing afterwards", async () => {
  const tools = () => {
    const { clock, random, log, types, handlers } = world;
    return { db: env.DB, clock, random, log, types, handlers, wake: () => undefined };
  };
  const rows = async (request: CommitRequest) => {
    let written = 0;
    const db: Database = {
      prepare: (query) => env.DB.prepare(query),
      batch: async <T>(statements: D1PreparedStatement[]) => {
        const results = await env.DB.batch<T>(statements);
        for (const { meta } of results) written += meta.rows_written;
        return results;
      },
    };
    await commit({ ...tools(), db }, tenant, request);
    return written;
  };
  expect(await rows({ messages: [work("charge", 1)] })).toBe(3 + 2);
  expect(await rows({ messages: [work("charge", 2)] })).toBe(3);
  expect((await deliveriesOf(tenant)).map(({ endpoint_id }) => endpoint_id)).toEqual([
    "ep_handler_charge",
    "ep_handler_charge",
  ]);
});
