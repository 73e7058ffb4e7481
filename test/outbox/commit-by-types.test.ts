import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Database } from "../../src/db/database.ts";
import { type CommitRequest, commit } from "../../src/outbox/commit.ts";
import type { KnownTypes } from "../../src/outbox/known-types.ts";
import { email, event } from "../../src/outbox/message.ts";
import { parseExact } from "../../src/platform/exact-json.ts";
import { limits } from "../../src/platform/limits.ts";
import {
  createEventType,
  deleteEventType,
  type EventTypeTools,
  updateEventType,
} from "../../src/registry/event-types.ts";
import { deleteTenant } from "../../src/registry/tenants.ts";
import { countingDb } from "../support/database/counting-db.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { countRows } from "../support/database/rows.ts";
import { atEveryAwait } from "../support/faults/intruder.ts";
import { newTypes } from "../support/known-types.ts";
import { World } from "../support/world.ts";

const wantsA = { type: "object", required: ["a"] };
const wantsB = { type: "object", required: ["b"] };
/** Fits the first, and not the second. */
const onlyA = event("order.placed", { a: 1 });

let world: World;
let tenant: string;
let tools: EventTypeTools;

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
  tools = world.registryTools();
  await world.createEndpoint(tenant);
});

afterEach(() => checkInvariants(env.DB, tenant));

const create = (schema: unknown) => createEventType(tools, tenant, { name: "order.placed", schema });
const change = (schema: unknown) => updateEventType(tools, tenant, "order.placed", { schema });
const messageCount = () => countRows("messages", tenant);

/** What a commit costs of D1, by an isolate that knows so much. */
async function billOf(request: CommitRequest, types: KnownTypes) {
  const { db, bill } = countingDb(env.DB);
  await commit({ ...world.registryTools(), db, log: world.log, types }, tenant, request);
  return bill;
}

describe("the costs", () => {
  /** Commits for new tenants, one after another, in one isolate: the round trips of each. */
  const tripsOf = async (types: KnownTypes, haveTypes: readonly boolean[]) => {
    const trips: number[] = [];
    for (const hasTypes of haveTypes) {
      tenant = await world.createTenant();
      if (hasTypes) await create(wantsA);
      trips.push((await billOf({ messages: [onlyA] }, types)).roundTrips);
    }
    return trips;
  };

  test("a commit that is checked takes one round trip and three rows; the first of an isolate one trip more", async () => {
    await create(wantsA);
    const types = newTypes();
    expect(await billOf({ messages: [onlyA] }, types)).toMatchObject({ roundTrips: 2, rowsWritten: 3 });
    expect(await billOf({ messages: [onlyA] }, types)).toMatchObject({ roundTrips: 1, rowsWritten: 3 });
  });

  test("a tenant that never had an event type pays nothing, but for the first that an isolate meets, which pays one trip", async () => {
    expect(await tripsOf(newTypes(), Array(5).fill(false))).toEqual([2, 1, 1, 1, 1]);
    expect(await tripsOf(world.types, Array(5).fill(false))).toEqual([1, 1, 1, 1, 1]);
  });

  test("where tenants have event types, the first commit for each takes two trips, in a cold isolate too", async () => {
    expect(await tripsOf(newTypes(), Array(5).fill(true))).toEqual([2, 2, 2, 2, 2]);
  });

  test("where some have and some have not, an isolate expects of the next what the last one had, and reads of each once", async () => {
    const types = newTypes();
    expect(await tripsOf(types, [true, false, true, true, false])).toEqual([2, 2, 3, 2, 2]);
    const known = await billOf({ messages: [onlyA] }, types);
    expect(known.roundTrips).toBe(1);
  });

  test("a cold isolate runs no statement of the app's in a batch that is refused for what it could have read", async () => {
    await create(wantsA);
    let refused = 0;
    const watching: Database = {
      prepare: (sql) => env.DB.prepare(sql),
      batch: <T>(statements: D1PreparedStatement[]) =>
        env.DB.batch<T>(statements).catch((error) => {
          refused++;
          throw error;
        }),
    };
    const tools = { ...world.registryTools(), db: watching, log: world.log, types: newTypes() };
    await commit(tools, tenant, { writes: [env.DB.prepare("SELECT 1")], messages: [onlyA] });
    expect(refused).toBe(0);
  });

  test("an event type that has no schema is known as such once it was asked for", async () => {
    await create(wantsA);
    const types = newTypes();
    await billOf({ messages: [onlyA] }, types);
    const other = { messages: [event("order.paid", 1), onlyA] };
    expect(await billOf(other, types)).toMatchObject({ roundTrips: 2 });
    expect(await billOf(other, types)).toMatchObject({ roundTrips: 1 });
  });

  test("direct e-mails have no schema, and wait for none", async () => {
    await create(wantsA);
    const message = email({ to: "ada@example.com", subject: "Hello", text: "Hi" });
    expect(await billOf({ messages: [message] }, newTypes())).toMatchObject({ roundTrips: 1 });
  });

  test("an isolate's knowledge is bounded, and a forgotten tenant is read again", async () => {
    await create({ ...wantsA, pattern: "x" });
    const types = newTypes();
    await billOf({ messages: [onlyA] }, types);
    for (let n = 0; n <= limits.schemasKeptBytes / limits.patternBytes; n++) {
      await types.learn(`t${n}`, ["a"], { version: 1, schemas: [{ name: "a", schema: '{"pattern":"x"}' }] });
    }
    expect(types.of("t0", [])).toBe(undefined);
    expect(types.of("t200", [])?.version).toBe(1);
    expect(await billOf({ messages: [onlyA] }, types)).toMatchObject({ roundTrips: 2, rowsWritten: 3 });
    expect(types.of("t200", [])?.version).toBe(1);
  });
});

describe("a payload that does not fit", () => {
  test("is refused with its path, and nothing is written, the app's rows neither", async () => {
    await create({ properties: { customer: { properties: { email: { type: "string" } } } } });
    const messages = [event("order.placed", {}), event("order.placed", { customer: { email: 7 } })];
    const write = env.DB.prepare("INSERT INTO outbox_attempts SELECT * FROM outbox_attempts WHERE 0");
    await expect(world.commit(tenant, { writes: [write], messages })).rejects.toMatchObject({
      failure: {
        code: "invalid_input",
        fields: [{ path: "messages[1].payload.customer.email", message: "must be of type string" }],
      },
    });
    expect(await messageCount()).toBe(0);
  });

  test("is told of at most 20 places in all of its messages", async () => {
    await create(wantsA);
    const messages = Array.from({ length: 50 }, () => event("order.placed", {}));
    const error = await world.commit(tenant, { messages }).catch((error) => error);
    expect(error.failure.fields).toHaveLength(limits.misfits);
    expect(error.failure.fields[19].path).toBe("messages[19].payload.a");
  });

  test("of another event type, or of one without a schema, is nobody's business", async () => {
    await create(wantsA);
    await createEventType(tools, tenant, { name: "order.paid" });
    const messages = [event("order.paid", 1), event("order.lost", 1)];
    expect((await world.commit(tenant, { messages })).messages).toHaveLength(2);
  });

  test("is checked once, where its event types have not changed since they were read", async () => {
    await create(wantsB);
    const checks: number[] = [];
    const meter = { charge: () => undefined, turn: async (steps: number) => void checks.push(steps) };
    const types = newTypes();
    const all = { ...world.registryTools(), db: env.DB, log: world.log, types, meter };
    await commit(all, tenant, { messages: [event("order.placed", { b: 1 })] });
    checks.length = 0;
    await expect(commit(all, tenant, { messages: [onlyA] })).rejects.toMatchObject({ code: "invalid_input" });
    expect(checks).toHaveLength(1);
  });

  test("of an archived event type is refused as before; of a deleted one it is accepted", async () => {
    await create(wantsB);
    await updateEventType(tools, tenant, "order.placed", { archived: true });
    await expect(world.commit(tenant, { messages: [onlyA] })).rejects.toMatchObject({
      code: "invalid_input",
    });
    await deleteEventType(tools, tenant, "order.placed");
    await world.commit(tenant, { messages: [onlyA] });
  });

  test("numbers that JavaScript cannot hold are checked, and stored as they were written", async () => {
    await create({ properties: { id: { type: "integer" } } });
    const payload = parseExact('{"id":12345678901234567890}');
    await world.commit(tenant, { messages: [event("order.placed", payload)] });
    const wrong = parseExact('{"id":[12345678901234567890]}');
    await expect(world.commit(tenant, { messages: [event("order.placed", wrong)] })).rejects.toMatchObject({
      failure: { fields: [{ path: "messages[0].payload.id" }] },
    });
    const stored = await env.DB.prepare("SELECT payload FROM outbox_messages WHERE tenant_id = ?")
      .bind(tenant)
      .first();
    expect(stored).toEqual({ payload: '{"id":12345678901234567890}' });
  });
});

describe("a schema that changes", () => {
  test("holds at once in isolates that know another: nothing slips through, and nobody is refused for an old one", async () => {
    const isolates = Array.from({ length: 3 }, () => newTypes());
    await create(wantsA);
    for (const types of isolates) await billOf({ messages: [onlyA] }, types);
    await change(wantsB);
    for (const types of isolates) {
      await expect(billOf({ messages: [onlyA] }, types)).rejects.toMatchObject({ code: "invalid_input" });
    }
    await change(wantsA);
    for (const types of isolates) await billOf({ messages: [onlyA] }, types);
    expect(await messageCount()).toBe(6);
  });

  test("set back with the database to before there was any, it is forgotten", async () => {
    await create(wantsA);
    await world.commit(tenant, { messages: [onlyA] });
    await env.DB.prepare("UPDATE outbox_tenants SET types_version = 0 WHERE id = ?").bind(tenant).run();
    await env.DB.prepare("DELETE FROM outbox_event_types WHERE tenant_id = ?").bind(tenant).run();
    const anything = { messages: [event("order.placed", 1)] };
    expect(await billOf(anything, world.types)).toMatchObject({ roundTrips: 2 });
    expect(await billOf(anything, world.types)).toMatchObject({ roundTrips: 1 });
  });

  test("is not overlooked by an isolate that hears of the change through another event type", async () => {
    await create(wantsA);
    const other = event("order.paid", 1);
    await world.commit(tenant, { messages: [onlyA, other] });
    await change(wantsB);
    await world.commit(tenant, { messages: [other] });
    await expect(world.commit(tenant, { messages: [onlyA] })).rejects.toMatchObject({
      code: "invalid_input",
    });
  });

  test("set back with the database, and changed to something else, is not taken for what it was", async () => {
    await create(wantsA);
    const before = await env.DB.prepare("SELECT types_version AS v FROM outbox_tenants WHERE id = ?")
      .bind(tenant)
      .first("v");
    await change({});
    await world.commit(tenant, { messages: [event("order.placed", {})] });
    // Time Travel, and another change in the place of the one that is undone.
    await env.DB.prepare("UPDATE outbox_tenants SET types_version = ? WHERE id = ?")
      .bind(before, tenant)
      .run();
    await change(wantsB);
    await expect(world.commit(tenant, { messages: [onlyA] })).rejects.toMatchObject({
      code: "invalid_input",
    });
  });

  const key = { idempotencyKey: "once" };
  test.each([
    ["known", "without a key", {}],
    ["known", "with a key", key],
    ["not known", "without a key", {}],
    ["not known", "with a key", key],
  ])(
    "at any await of a commit, to one that does not fit (types %s, %s): it is committed before, or refused",
    async (known, _, keyed) => {
      await atEveryAwait(async (lifeWith) => {
        tenant = await world.createTenant();
        await create(wantsA);
        world.types = newTypes();
        if (known === "known") await world.commit(tenant, { messages: [onlyA] });
        const before = await messageCount();
        let atChange: number | undefined;
        const life = lifeWith(async () => {
          await change(wantsB);
          atChange = await messageCount();
        });
        const answer = await world
          .commit(tenant, { messages: [onlyA], ...keyed }, life)
          .catch((error) => error);
        expect(await messageCount()).toBe(atChange ?? before + 1);
        expect(answer.failure?.code).toBe(atChange === before ? "invalid_input" : undefined);
      });
    },
  );

  test("at any await of a commit, to one that fits: it is refused for the one before, or committed", async () => {
    await atEveryAwait(async (lifeWith, side) => {
      tenant = await world.createTenant();
      await create(wantsB);
      await world.commit(tenant, { messages: [event("order.placed", { b: 1 })] });
      let changed = false;
      const life = lifeWith(async () => {
        await change(wantsA);
        changed = true;
      });
      const answer = await world.commit(tenant, { messages: [onlyA] }, life).catch((error) => error);
      expect(answer.failure?.code).toBe(changed && side === "before" ? undefined : "invalid_input");
      expect(await messageCount()).toBe(answer.failure ? 1 : 2);
    });
  });

  test("again and again, faster than it can be read: the commit gives up, and nothing is written", async () => {
    await create(wantsA);
    let changes = 0;
    const { db } = world;
    const restless: Database = {
      prepare: (sql) => db.prepare(sql),
      batch: async <T>(statements: D1PreparedStatement[]) => {
        await change({ ...wantsA, $comment: `${++changes}` });
        return db.batch<T>(statements);
      },
    };
    const work = commit(
      { ...world.registryTools(), db: restless, log: world.log, types: newTypes() },
      tenant,
      {
        messages: [onlyA],
      },
    );
    await expect(work).rejects.toMatchObject({ code: "storage_unavailable" });
    expect(changes).toBe(2 * limits.commitTries - 1);
    expect(await messageCount()).toBe(0);
  });

  test("does not refuse the repetition of what was accepted before, whatever an isolate knows", async () => {
    await create(wantsA);
    const first = await world.commit(tenant, { messages: [onlyA], ...key });
    await change(wantsB);
    const other = event("order.placed", { a: 2 });
    for (const types of [world.types, newTypes(), world.types]) {
      world.types = types;
      const again = await world.commit(tenant, { messages: [onlyA], ...key });
      expect(again).toEqual({ ...first, writes: [], duplicate: true });
      await expect(world.commit(tenant, { messages: [other], ...key })).rejects.toMatchObject({
        code: "idempotency_conflict",
      });
    }
    expect(await messageCount()).toBe(1);
  });
});

describe("when D1 does not answer", () => {
  /** Loses the answer of the nth call, which has happened. */
  function losing(at: number): Database {
    let calls = 0;
    return {
      prepare: (sql) => env.DB.prepare(sql),
      batch: async <T>(statements: D1PreparedStatement[]) => {
        const results = await env.DB.batch<T>(statements).catch((error: unknown) => error as Error);
        if (++calls === at) throw new Error("D1_ERROR: Network connection lost.");
        if (results instanceof Error) throw results;
        return results;
      },
    };
  }
  const commitWith = (db: Database, types: KnownTypes, rest: object = {}) =>
    commit({ ...world.registryTools(), db, log: world.log, types }, tenant, { messages: [onlyA], ...rest });

  test("an answer that is lost, and a schema that no longer fits: what was committed is told", async () => {
    await create(wantsA);
    await commitWith(env.DB, world.types);
    const db = losing(1);
    const changing: Database = {
      prepare: db.prepare,
      batch: async <T>(statements: D1PreparedStatement[]) => {
        try {
          return await db.batch<T>(statements);
        } catch (error) {
          if (String(error).includes("lost")) await change(wantsB);
          throw error;
        }
      },
    };
    const committed = await commitWith(changing, world.types, { idempotencyKey: "once" });
    expect(committed).toMatchObject({ duplicate: false, messages: [{ sequence: 2 }] });
    expect(await messageCount()).toBe(2);
  });

  test("the read of the schemas: nothing was written, or with a key perhaps something", async () => {
    await create(wantsA);
    for (const idempotencyKey of [undefined, "once"]) {
      const first = commitWith(losing(1), newTypes(), { idempotencyKey });
      await expect(first).rejects.toMatchObject({ code: "storage_unavailable" });
    }
    await expect(commitWith(losing(2), world.types)).rejects.toMatchObject({ code: "storage_unavailable" });
    const keyed = commitWith(losing(2), world.types, { idempotencyKey: "once" });
    await expect(keyed).rejects.toMatchObject({ code: "outcome_unknown" });
    expect(await messageCount()).toBe(0);
  });

  test("a tenant that is deleted meanwhile: what was committed before is told, and no more is", async () => {
    const db = losing(1);
    const deleting: Database = {
      prepare: db.prepare,
      batch: async <T>(statements: D1PreparedStatement[]) =>
        db.batch<T>(statements).catch(async (error) => {
          if (String(error).includes("lost")) await deleteTenant(world.registryTools(), tenant);
          throw error;
        }),
    };
    const committed = await commitWith(deleting, world.types, { idempotencyKey: "once" });
    expect(committed).toMatchObject({ duplicate: false, messages: [{ sequence: 1 }] });
    const again = commitWith(env.DB, world.types, { idempotencyKey: "once" });
    await expect(again).rejects.toMatchObject({ code: "tenant_deleted" });
  });
});

test("a schema that cannot be used any more refuses what is committed by it, with a sentence", async () => {
  await create(wantsA);
  await env.DB.prepare('UPDATE outbox_event_types SET schema = \'{"type":"nothing"}\' WHERE tenant_id = ?')
    .bind(tenant)
    .run();
  await expect(world.commit(tenant, { messages: [onlyA] })).rejects.toMatchObject({
    failure: {
      code: "invalid_input",
      fields: [{ path: "messages[0].payload", message: expect.stringMatching(/cannot be used; change it$/) }],
    },
  });
});
