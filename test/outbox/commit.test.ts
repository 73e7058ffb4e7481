import { env } from "cloudflare:workers";
import { drizzle } from "drizzle-orm/d1";
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { messageRef } from "../../src/db/message-ref.ts";
import { commit } from "../../src/outbox/commit.ts";
import { email, event } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { countingDb } from "../support/database/counting-db.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { countRows, deliveriesOf } from "../support/database/rows.ts";
import { failureOf } from "../support/runner/failure-of.ts";
import { World } from "../support/world.ts";

const orders = sqliteTable("orders", { id: text("id").primaryKey(), total: integer("total").notNull() });

let world: World;
let tenant: string;

beforeAll(async () => {
  await env.DB.prepare(
    "CREATE TABLE IF NOT EXISTS orders (id TEXT PRIMARY KEY, total INTEGER NOT NULL)",
  ).run();
});

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
});

afterEach(() => checkInvariants(env.DB, tenant));

async function orderExists(id: string): Promise<boolean> {
  return (await env.DB.prepare("SELECT 1 FROM orders WHERE id = ?").bind(id).first()) !== null;
}

describe("a commit that is wrong as a whole is refused by the name of what is wrong, and nothing is written", () => {
  test.each<[string, unknown, ...object[]]>([
    [
      "a misspelt key",
      { messages: [event("a", 1)], idempotency_key: "k" },
      { path: "", message: 'Unknown field: "idempotency_key"' },
    ],
    [
      "a misspelt list",
      { message: event("a", 1) },
      { path: "messages", message: "is required" },
      { path: "", message: 'Unknown field: "message"' },
    ],
    ["null", null, { path: "", message: "must be an object, and not null" }],
    ["nothing", {}, { path: "messages", message: "is required" }],
    ["messages that are none", { messages: Array(2) }, { path: "messages[0]", message: "is required" }],
    [
      "a key that is null",
      { messages: [event("a", 1)], idempotencyKey: null },
      { path: "idempotencyKey", message: "must be text, and not null" },
    ],
    [
      "a key that is a number",
      { messages: [event("a", 1)], idempotencyKey: 7 },
      { path: "idempotencyKey", message: "must be text, and not a number" },
    ],
    [
      "a trace that is an object",
      { messages: [event("a", 1)], tracestate: {} },
      { path: "tracestate", message: "must be text, and not an object" },
    ],
    [
      "a token that is a number",
      { messages: [event("a", 1)], tokenId: 7 },
      { path: "tokenId", message: "must be text, and not a number" },
    ],
  ])("%s", async (_, request, ...fields) => {
    const { failure } = await failureOf(world.commit(tenant, request as never));
    expect(failure).toEqual({ code: "invalid_input", fields });
    expect(await countRows("messages", tenant)).toBe(0);
  });

  test("a trace that is null is left out, as handlers are given it", async () => {
    const request = { messages: [event("a", 1)], traceparent: null, tracestate: null };
    expect((await world.commit(tenant, request as never)).messages).toHaveLength(1);
  });
});

describe("a payload of which JSON would hold nothing is refused, with what to give instead", () => {
  test.each<[string, () => unknown, RegExp]>([
    ["a promise", () => Promise.resolve({ id: "1" }), /^is a promise, .*; await it first$/],
    ["a query that was not awaited", () => drizzle(env.DB).select().from(orders), /^is a promise/],
    ["a Map", () => new Map([["id", "1"]]), /^is of the kind Map, .*; give an array or an object$/],
    ["a Set", () => new Set([1]), /^is of the kind Set/],
    ["an error", () => new Error("x"), /^is of the kind Error/],
    ["a response", () => Response.json({}), /^is of the kind Response/],
    ["parameters", () => new URLSearchParams("a=1"), /^is of the kind URLSearchParams/],
    ["bytes", () => new Uint8Array([1, 2]), /^is of the kind Uint8Array/],
    ["more bytes", () => new ArrayBuffer(2), /^is of the kind ArrayBuffer/],
  ])("%s", async (_, payload, message) => {
    const { failure } = await failureOf(world.commit(tenant, { messages: [event("a", payload())] }));
    expect(failure).toEqual({
      code: "invalid_input",
      fields: [{ path: "messages[0].payload", message: expect.stringMatching(message) }],
    });
  });

  test.each<[unknown, string]>([
    [{}, "{}"],
    [Object.create(null), "{}"],
    [[], "[]"],
    [new Date(0), '"1970-01-01T00:00:00.000Z"'],
    [new URL("https://example.com/"), '"https://example.com/"'],
    [
      new (class Order {
        id = "1";
      })(),
      '{"id":"1"}',
    ],
    [Object(7), "7"],
  ])("and not %o", async (payload, json) => {
    await world.commit(tenant, { messages: [event("a", payload)] });
    const stored = env.DB.prepare("SELECT payload FROM outbox_messages WHERE tenant_id = ?").bind(tenant);
    expect((await stored.first())?.["payload"]).toBe(json);
  });
});

describe("one batch", () => {
  test("the app's rows and the messages are committed together, drizzle and native statements alike", async () => {
    await world.createEndpoint(tenant);
    const [first, second] = [crypto.randomUUID(), crypto.randomUUID()];

    const committed = await world.commit(tenant, {
      writes: [
        drizzle(env.DB).insert(orders).values({ id: first, total: 7 }).returning(),
        env.DB.prepare("INSERT INTO orders (id, total) VALUES (?, ?)").bind(second, 8),
      ],
      messages: [event("order.placed", { id: first })],
    });

    expect(committed.writes[0]?.results).toEqual([{ id: first, total: 7 }]);
    expect(await orderExists(first)).toBe(true);
    expect(await orderExists(second)).toBe(true);
    expect(committed.messages).toMatchObject([{ sequence: 1, eventType: "order.placed", deliveries: 1 }]);
    expect(committed.duplicate).toBe(false);
  });

  test("a failing statement of the app takes the messages with it, and its own error reaches the app", async () => {
    await world.createEndpoint(tenant);
    const id = crypto.randomUUID();
    const insert = () => env.DB.prepare("INSERT INTO orders (id, total) VALUES (?, 1)").bind(id);
    await insert().run();

    await expect(
      world.commit(tenant, { writes: [insert()], messages: [event("order.placed", {})] }),
    ).rejects.toThrow("UNIQUE constraint failed: orders.id");

    expect(await countRows("messages", tenant)).toBe(0);
    expect(await countRows("deliveries", tenant)).toBe(0);
  });

  test("accepting takes one round trip and three rows for one endpoint; four with an ordering key", async () => {
    await world.createEndpoint(tenant);
    for (const [options, rows] of [
      [{}, 3],
      [{ orderingKey: "k" }, 4],
    ] as const) {
      const { db, bill } = countingDb(env.DB);
      await commit({ ...world.registryTools(), db, log: world.log, types: world.types }, tenant, {
        messages: [event("order.placed", { id: 1 }, options)],
      });
      expect(bill).toMatchObject({ roundTrips: 1, rowsWritten: rows });
    }
  });

  test("a hundred messages in one commit are one round trip, in order", async () => {
    await world.createEndpoint(tenant);
    const { db, bill } = countingDb(env.DB);
    const messages = Array.from({ length: 100 }, (_, n) => event("order.placed", { n }));
    const committed = await commit(
      { ...world.registryTools(), db, log: world.log, types: world.types },
      tenant,
      { messages },
    );
    expect(committed.messages.map(({ sequence }) => sequence)).toEqual(messages.map((_, n) => n + 1));
    expect(bill).toMatchObject({ roundTrips: 1, rowsWritten: 300 });
  });

  test("commits at the same time share one gapless sequence", async () => {
    const commits = Array.from({ length: 20 }, () =>
      world.commit(tenant, { messages: [event("a", 1), event("b", 2)] }),
    );
    const sequences = (await Promise.all(commits)).flatMap(({ messages }) =>
      messages.map(({ sequence }) => sequence),
    );
    expect(sequences.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, n) => n + 1));
  });

  test("the id finds its message by sequence, and is of this message alone", async () => {
    const { messages } = await world.commit(tenant, { messages: [event("a", 1)] });
    const ref = await messageRef(env.DB, messages[0]?.id ?? "");
    expect(ref?.seq).toBe(1);
    expect(messages[0]?.id.endsWith(ref?.nonce ?? "none")).toBe(true);
  });
});

describe("fan-out", () => {
  test("goes to the endpoints that subscribe to the event type, and to those that subscribe to all", async () => {
    const all = await world.createEndpoint(tenant);
    const some = await world.createEndpoint(tenant, { eventTypes: ["order.placed", "order.paid"] });
    await world.createEndpoint(tenant, { eventTypes: ["user.created"] });
    const { messages } = await world.commit(tenant, { messages: [event("order.paid", {})] });
    expect(messages[0]?.deliveries).toBe(2);
    expect((await deliveriesOf(tenant)).map((row) => row.endpoint_id).toSorted()).toEqual(
      [all, some].toSorted(),
    );
  });

  test("a message that concerns nobody is kept, and shows as such", async () => {
    const { messages } = await world.commit(tenant, { messages: [event("order.paid", {})] });
    expect(messages[0]?.deliveries).toBe(0);
    expect(await countRows("messages", tenant)).toBe(1);
    expect(world.alarms.has(tenant)).toBe(false);
  });

  test("named endpoints get it whatever they subscribe to, each once", async () => {
    const named = await world.createEndpoint(tenant, { eventTypes: ["other"] });
    await world.createEndpoint(tenant);
    const message = event("order.paid", {}, { endpointIds: [named, named] });
    const { messages } = await world.commit(tenant, { messages: [message] });
    expect(messages[0]?.deliveries).toBe(1);
  });

  test("an endpoint that is not there is named in the error, and nothing is written", async () => {
    const there = await world.createEndpoint(tenant);
    const foreign = await world.createEndpoint(await world.createTenant());
    for (const missing of ["ep_nowhere", foreign]) {
      const message = event("order.paid", {}, { endpointIds: [there, missing] });
      const error = await failureOf(world.commit(tenant, { messages: [message] }));
      expect(error.failure).toEqual({ code: "endpoint_not_found", endpointId: missing });
    }
    expect(await countRows("messages", tenant)).toBe(0);
  });

  test("a direct e-mail goes to the built-in endpoint, and to no subscriber", async () => {
    await world.createEndpoint(tenant);
    const message = email({ to: "ada@example.com", subject: "Hello", text: "Hi" });
    const { messages } = await world.commit(tenant, { messages: [message] });
    expect(messages[0]?.deliveries).toBe(1);
    expect(await deliveriesOf(tenant)).toMatchObject([{ endpoint_id: "ep_email" }]);
  });

  test("of a key only the first waits in the due index, also within one commit", async () => {
    await world.createEndpoint(tenant);
    const keyed = (n: number) => event("a", n, { orderingKey: "k" });
    await world.commit(tenant, { messages: [keyed(1), keyed(2), event("a", 3)] });
    await world.commit(tenant, { messages: [keyed(4)] });
    expect((await deliveriesOf(tenant)).map(({ behind }) => behind)).toEqual([0, 1, 0, 1]);
  });
});

describe("a repeated commit", () => {
  const messages = [event("order.placed", { id: 1 }), event("order.paid", { id: 1 })];

  test("with the same idempotency key answers as the first did, and runs nothing again", async () => {
    await world.createEndpoint(tenant);
    const id = crypto.randomUUID();
    await env.DB.prepare("INSERT INTO orders (id, total) VALUES (?, 0)").bind(id).run();
    const add = () => env.DB.prepare("UPDATE orders SET total = total + 1 WHERE id = ?").bind(id);

    const first = await world.commit(tenant, { writes: [add()], messages, idempotencyKey: "key" });
    world.alarms.clear();
    const second = await world.commit(tenant, { writes: [add()], messages, idempotencyKey: "key" });

    expect(second.messages).toEqual(first.messages);
    expect([first.duplicate, second.duplicate]).toEqual([false, true]);
    // Who committed it the first time may have died before its wake.
    expect(world.alarms.has(tenant)).toBe(true);
    expect(await env.DB.prepare("SELECT total FROM orders WHERE id = ?").bind(id).first("total")).toBe(1);
    expect(await countRows("messages", tenant)).toBe(2);
  });

  test("twenty at once with the same key commit once", async () => {
    const commits = Array.from({ length: 20 }, () =>
      world.commit(tenant, { messages, idempotencyKey: "key" }),
    );
    const answers = await Promise.all(commits);
    expect(new Set(answers.map((answer) => answer.messages[0]?.id)).size).toBe(1);
    expect(answers.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    expect(await countRows("messages", tenant)).toBe(2);
  });

  test("with the same key and another body is a conflict", async () => {
    await world.commit(tenant, { messages, idempotencyKey: "key" });
    const other = [event("order.placed", { id: 2 })];
    const error = await failureOf(world.commit(tenant, { messages: other, idempotencyKey: "key" }));
    expect(error.failure).toEqual({ code: "idempotency_conflict", key: "key" });
    expect(await countRows("messages", tenant)).toBe(2);
  });

  test("of another tenant is another commit", async () => {
    const other = await world.createTenant();
    await world.commit(tenant, { messages, idempotencyKey: "key" });
    expect((await world.commit(other, { messages, idempotencyKey: "key" })).duplicate).toBe(false);
  });
});

describe("input that is refused leaves nothing behind", () => {
  test.each([
    ["no message", [], "messages"],
    ["an empty event type", [event("", {})], "messages[0].eventType"],
    ["an event type with a space", [event("order placed", {})], "messages[0].eventType"],
    ["a payload that is undefined", [event("a", undefined)], "messages[0].payload"],
    ["a payload that JSON cannot say", [event("a", 1), event("a", { n: 1n })], "messages[1].payload"],
    ["a function as payload", [event("a", () => 1)], "messages[0].payload"],
    ["an empty ordering key", [event("a", 1, { orderingKey: "" })], "messages[0].orderingKey"],
    ["a date that is none", [event("a", 1, { deliverAt: "tomorrow" })], "messages[0].deliverAt"],
    ["a date beyond a year", [event("a", 1, { deliverAt: "2099-01-01T00:00:00Z" })], "messages[0].deliverAt"],
    ["no endpoints", [event("a", 1, { endpointIds: [] })], "messages[0].endpointIds"],
    ["an unknown field", [{ ...event("a", 1), colour: "red" }], "messages[0]"],
    ["more than 100 messages", Array.from({ length: 101 }, () => event("a", 1)), "messages"],
  ])("%s", async (_, messages, path) => {
    const error = await failureOf(world.commit(tenant, { messages }));
    expect(error.failure).toMatchObject({ code: "invalid_input", fields: [{ path }] });
    expect(await countRows("messages", tenant)).toBe(0);
  });

  test("a payload of 256 KiB of JSON is taken, one byte more is not", async () => {
    const fits = "x".repeat(limits.payloadBytes - 2);
    await world.commit(tenant, { messages: [event("a", fits)] });
    const error = await failureOf(world.commit(tenant, { messages: [event("a", `${fits}x`)] }));
    expect(error.failure).toMatchObject({
      code: "payload_too_large",
      fields: [{ path: "messages[0].payload" }],
    });
    expect(await countRows("messages", tenant)).toBe(1);
  });

  test("bytes are counted, not letters", async () => {
    const error = await failureOf(
      world.commit(tenant, { messages: [event("a", "ä".repeat(limits.payloadBytes / 2))] }),
    );
    expect(error.code).toBe("payload_too_large");
  });

  test("an idempotency key that is empty, or too long", async () => {
    for (const idempotencyKey of ["", "x".repeat(257), "snow ☃"]) {
      const error = await failureOf(world.commit(tenant, { messages: [event("a", 1)], idempotencyKey }));
      expect(error.failure).toMatchObject({ fields: [{ path: "idempotencyKey" }] });
    }
  });

  test("an unknown tenant: the app's rows are not written either", async () => {
    const id = crypto.randomUUID();
    const write = env.DB.prepare("INSERT INTO orders (id, total) VALUES (?, 1)").bind(id);
    const request = { writes: [write], messages: [event("a", 1)] };
    expect((await failureOf(world.commit("nobody", request))).code).toBe("tenant_not_found");
    expect((await failureOf(world.commit("nobody", { ...request, idempotencyKey: "k" }))).code).toBe(
      "tenant_not_found",
    );
    expect(await orderExists(id)).toBe(false);
  });

  test("an e-mail without text or recipients names the field", async () => {
    expect(() => email({ to: [], subject: "Hello", text: "Hi" })).toThrow(/^to: /);
    expect(() => email({ to: "ada@example.com", subject: "Hello" })).toThrow(
      /^text: is required, or html: give at least one of them/,
    );
    expect(() => email({ to: "nobody", subject: "Hello", text: "Hi" })).toThrow(
      /^to: must be an e-mail address/,
    );
    expect(() => email({ to: "a@example.com\r\nBcc: b@example.com", subject: "x", text: "Hi" })).toThrow(
      /^to: /,
    );
    expect(() => email({ to: "a@example.com", subject: "x\nBcc: b@example.com", text: "Hi" })).toThrow(
      /^subject: /,
    );
  });
});

describe("the wake", () => {
  test("asks for the earliest instant at which something is due", async () => {
    await world.createEndpoint(tenant);
    const deliverAt = new Date(world.now + 3600_000);
    await world.commit(tenant, { messages: [event("a", 1, { deliverAt })] });
    expect(world.alarms.get(tenant)).toBe(deliverAt.getTime());
    await world.commit(tenant, { messages: [event("a", 2)] });
    expect(world.alarms.get(tenant)).toBe(world.now + 1);
  });

  test("an instant in the past means now", async () => {
    await world.createEndpoint(tenant);
    await world.commit(tenant, { messages: [event("a", 1, { deliverAt: new Date(0) })] });
    expect((await deliveriesOf(tenant))[0]?.due_at).toBe(world.now);
  });
});
