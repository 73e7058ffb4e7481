import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Dispatch, temporary } from "../../src/channels/channel.ts";
import { event, work } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { createEventType } from "../../src/registry/event-types.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { deliveriesOf, statesOf } from "../support/database/rows.ts";
import { D1_WORDS, d1Error } from "../support/faults/d1-words.ts";
import { immortal, type Life } from "../support/faults/life.ts";
import { ACCEPTED, World } from "../support/world.ts";

let world: World;
let tenant: string;

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
  await env.DB.exec(
    `CREATE TABLE IF NOT EXISTS app_loads (tenant TEXT NOT NULL, load INTEGER NOT NULL, times INTEGER NOT NULL, CONSTRAINT "the truck is overloaded" CHECK (load <> 3), PRIMARY KEY (tenant, load)) STRICT`,
  );
});

afterEach(() => checkInvariants(env.DB, tenant));

/** D1 fails the calls from one number to another, before or after it has carried them out. */
function failing({
  from,
  to,
  error,
  written,
}: {
  from: number;
  to: number;
  error: string;
  written: boolean;
}): Life {
  let call = 0;
  const batch = async (statements: D1PreparedStatement[]) => {
    const fails = ++call >= from && call <= to;
    if (fails && !written) throw new Error(error);
    const results = await env.DB.batch(statements);
    if (fails) throw new Error(error);
    return results;
  };
  return { ...immortal, db: () => ({ prepare: env.DB.prepare.bind(env.DB), batch }) as never };
}

const load = (n: number) =>
  env.DB.prepare("INSERT INTO app_loads VALUES (?1, ?2, 1) ON CONFLICT DO UPDATE SET times = times + 1").bind(
    tenant,
    n,
  );
const loads = async () => {
  const rows = await env.DB.prepare("SELECT load, times FROM app_loads WHERE tenant = ? ORDER BY 1")
    .bind(tenant)
    .all();
  return rows.results;
};
const loading = ({ payload }: Dispatch) => ({ ...ACCEPTED, effects: { writes: [load(Number(payload))] } });
const withHandler = () => {
  world.handlers = { names: new Set(["load"]), forWork: new Set(["load"]), subscribedTo: () => [] };
};

describe.each(D1_WORDS.lost)("when D1 says to a settling: %s", (words) => {
  test.each([true, false])("eighty webhooks are sent once (they were settled: %s)", async (written) => {
    await world.createEndpoint(tenant);
    await world.commit(tenant, {
      messages: Array.from({ length: limits.packDeliveries }, (_, n) => event("a", n)),
    });
    await world.onAlarm(tenant);
    await world.consume(failing({ from: 2, to: 7, error: `D1_ERROR: ${words}`, written }));
    await world.runUntilIdle(tenant);
    expect(world.sent).toHaveLength(limits.packDeliveries);
    expect(new Set(await statesOf(tenant))).toEqual(new Set(["delivered"]));
  });

  test.each([true, false])(
    "a handler that has delivered is not recorded as refused (it was settled: %s)",
    async (written) => {
      withHandler();
      world.answer = loading;
      await world.commit(tenant, { messages: [1, 2, 4].map((n) => work("load", n)) });
      await world.onAlarm(tenant);
      await world.consume(failing({ from: 2, to: 7, error: `D1_ERROR: ${words}`, written }));
      await world.runUntilIdle(tenant);
      expect(world.sent).toHaveLength(3);
      expect(await loads()).toEqual([1, 2, 4].map((n) => ({ load: n, times: 1 })));
      expect(await deliveriesOf(tenant)).toMatchObject(
        Array(3).fill({ state: "delivered", attempts: 1, error: null }),
      );
    },
  );
});

test.each(D1_WORDS.lost)(
  "event types that cannot be read are not held against a handler: %s",
  async (words) => {
    withHandler();
    await createEventType(world.registryTools(), tenant, { name: "order.paid", schema: { type: "number" } });
    world.answer = ({ eventType }) =>
      eventType === "work" ? { ...ACCEPTED, effects: { messages: [event("order.paid", 1)] } } : ACCEPTED;
    await world.commit(tenant, { messages: [work("load", 1)] });
    // An isolate that has read the types of another tenant, and must read this one's.
    await world.types.learn("another", [], { version: 1, schemas: [] });
    await world.onAlarm(tenant);
    await world.consume(failing({ from: 2, to: 2, error: `D1_ERROR: ${words}`, written: false }));
    expect(await deliveriesOf(tenant)).toMatchObject([{ state: "pending", error: "internal" }]);
    const health = env.DB.prepare(
      "SELECT max(window_failures) AS failures FROM outbox_endpoints WHERE tenant_id = ?",
    );
    expect(await health.bind(tenant).first("failures")).toBe(0);
    await world.runUntilIdle(tenant);
    expect(await statesOf(tenant)).toEqual(["delivered"]);
  },
);

test("a constraint of the app spoils its own handler only, whatever it is called: nine good neighbours run once", async () => {
  withHandler();
  world.retrySchedule = [1, 1];
  world.answer = loading;
  await world.commit(tenant, { messages: Array.from({ length: 10 }, (_, n) => work("load", n)) });
  await world.runUntilIdle(tenant);
  const rows = await deliveriesOf(tenant);
  expect(rows.filter(({ state }) => state === "delivered")).toHaveLength(9);
  expect(rows[3]).toMatchObject({
    state: "dead",
    reason: "exhausted",
    error: "effects_refused",
    attempts: 3,
  });
  expect((await loads()).map(({ times }) => times)).toEqual(Array(9).fill(1));
  expect(world.sent).toHaveLength(9 + 3);
});

/*
 * Setup: a database without room: what writes anything new is refused, what settles is not.
 * What this proves: those that give nothing to commit are settled all the same, and the others try again by the schedule: a
 * full database is not the handler's fault.
 */
test("a database that is full refuses what handlers give, and settles the rest", async () => {
  withHandler();
  world.retrySchedule = [60, 60, 60];
  world.answer = (dispatch) => (Number(dispatch.payload) === 1 ? loading(dispatch) : ACCEPTED);
  await world.commit(tenant, { messages: [1, 2].map((n) => work("load", n)) });
  await world.onAlarm(tenant);
  const batch = async (statements: D1PreparedStatement[]) => {
    if (statements.length > 4) throw new Error("D1_ERROR: database or disk is full: SQLITE_FULL");
    return env.DB.batch(statements);
  };
  const startedAt = world.now;
  await world.consume({ ...immortal, db: () => ({ prepare: env.DB.prepare.bind(env.DB), batch }) as never });
  expect(world.now - startedAt).toBeLessThan(world.leaseMs / 2);
  expect(await deliveriesOf(tenant)).toMatchObject([
    { state: "pending", error: "internal", attempts: 1 },
    { state: "delivered" },
  ]);
  await world.runUntilIdle(tenant);
  expect(await loads()).toEqual([{ load: 1, times: 1 }]);
});

/*
 * Setup: a database without room for a row, which takes what changes one; a pack of webhooks, one of which fails.
 * What this proves: its attempt, for which there is no room, does not keep the others off the record: they are sent once.
 */
test("a database that is full has no room for the attempt of one, and the others are settled all the same", async () => {
  await world.createEndpoint(tenant);
  world.answer = ({ payload }) =>
    payload === "3" ? temporary("http_status", { httpStatus: 500 }) : ACCEPTED;
  await world.commit(tenant, { messages: [1, 2, 3, 4].map((n) => event("a", n)) });
  await world.onAlarm(tenant);
  const failed = new WeakSet<object>();
  const prepare = (query: string) => {
    const statement = env.DB.prepare(query);
    const bind = (...values: unknown[]) => {
      const bound = statement.bind(...values);
      const isFailure = /INTO outbox_attempts/.test(query) && String(values[3]).includes('"outcome":"retry"');
      if (isFailure) failed.add(bound);
      return bound;
    };
    return Object.assign(Object.create(statement), { bind });
  };
  const batch = async (statements: D1PreparedStatement[]) => {
    if (statements.some((one) => failed.has(one))) throw d1Error("database or disk is full: SQLITE_FULL");
    return env.DB.batch(statements);
  };
  await world.consume({ ...immortal, db: () => ({ prepare, batch }) as never });
  expect(await statesOf(tenant)).toEqual(["delivered", "delivered", "leased", "delivered"]);

  world.answer = () => ACCEPTED;
  await world.sweep();
  await world.runUntilIdle(tenant);
  expect(world.sent.map(({ payload }) => payload).toSorted()).toEqual(["1", "2", "3", "3", "4"]);
});

/*
 * Setup: deliveries that the sums have passed by, so that they count themselves, and a database without room for a sum.
 * What this proves: they are on record all the same, and sent once. Their count is lost.
 */
test("a database that is full has no room for a sum, and deliveries are settled uncounted", async () => {
  await world.createEndpoint(tenant);
  await world.commit(tenant, { messages: [1, 2].map((n) => event("a", n)) });
  await world.sumUp();
  await world.onAlarm(tenant);
  const sums = new WeakSet<object>();
  const prepare = (query: string) => {
    const statement = env.DB.prepare(query);
    const bind = (...values: unknown[]) => {
      const bound = statement.bind(...values);
      if (/INTO outbox_sums/.test(query)) sums.add(bound);
      return bound;
    };
    return Object.assign(Object.create(statement), { bind });
  };
  const batch = async (statements: D1PreparedStatement[]) => {
    if (statements.some((one) => sums.has(one))) throw d1Error("database or disk is full: SQLITE_FULL");
    return env.DB.batch(statements);
  };
  await world.consume({ ...immortal, db: () => ({ prepare, batch }) as never });
  expect(await statesOf(tenant)).toEqual(["delivered", "delivered"]);
  await world.runUntilIdle(tenant);
  expect(world.sent).toHaveLength(2);
  // Its sums are one short for ever: what follows must not look at them.
  tenant = await world.createTenant();
});
