import { beforeEach, describe, expect, test } from "vitest";
import { limits } from "../../../src/platform/limits.ts";
import { countRows } from "../../support/database/rows.ts";
import { call, createTenant } from "../../support/worker/api.ts";

const schema = {
  type: "object",
  required: ["orderId"],
  properties: { orderId: { type: "string" }, lines: { items: { properties: { count: { minimum: 1 } } } } },
};
const orderPlaced = { name: "order.placed", description: "A customer has placed an order.", schema };

let tenant: { id: string; path: string };

beforeEach(async () => {
  tenant = await createTenant();
});

const create = (body: object = orderPlaced) => call("POST", `${tenant.path}/event-types`, { body });
const change = (body: object, name = orderPlaced.name) =>
  call("PATCH", `${tenant.path}/event-types/${name}`, { body });
const read = (name = orderPlaced.name) => call("GET", `${tenant.path}/event-types/${name}`);
const namesOf = async (query = ""): Promise<string[]> =>
  (await call("GET", `${tenant.path}/event-types${query}`)).body.data.map(
    ({ name }: { name: string }) => name,
  );
const commit = (payload: unknown, eventType = orderPlaced.name, headers: Record<string, string> = {}) =>
  call("POST", `${tenant.path}/messages`, { body: { eventType, payload }, headers });

describe("an event type", () => {
  test("is made once: 201; the same again 200; with other content 409, and it stays as it is", async () => {
    const first = await create();
    expect(first).toMatchObject({ status: 201, body: { ...orderPlaced, archivedAt: null } });
    expect(await create()).toEqual({ status: 200, headers: expect.anything(), body: first.body });
    for (const other of [
      { ...orderPlaced, description: "another" },
      { ...orderPlaced, schema: { type: "object" } },
      { name: orderPlaced.name },
    ]) {
      expect(await create(other)).toMatchObject({ status: 409, body: { code: "event_type_exists" } });
    }
    expect((await read()).body).toEqual(first.body);
  });

  test("of twenty requests at once is made by one", async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => create()));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(19);
  });

  test("is changed in parts; null takes a part back", async () => {
    await create();
    expect((await change({ description: "mine" })).body).toMatchObject({ description: "mine", schema });
    expect((await change({ schema: null })).body).toMatchObject({ description: "mine", schema: null });
    expect((await change({ description: null })).body).toMatchObject({ description: null, schema: null });
    expect((await read()).body).toMatchObject({ description: null, schema: null });
  });

  test("has its volume of 24 hours in a list that asks for it", async () => {
    await create({ name: "order.placed" });
    await create({ name: "order.shipped" });
    for (const eventType of ["order.placed", "order.placed", "unlisted"]) await commit(1, eventType);
    const list = async (query: string) => (await call("GET", `${tenant.path}/event-types${query}`)).body.data;
    const told = (await list("?with=volume")).map((one: { name: string; volume: object }) => [
      one.name,
      one.volume,
    ]);
    expect(Object.fromEntries(told)).toEqual({
      "order.placed": { count: 2, capped: false },
      "order.shipped": { count: 0, capped: false },
    });
    expect((await list(""))[0]).not.toHaveProperty("volume");
    expect(await call("GET", `${tenant.path}/event-types?with=size`)).toMatchObject({ status: 422 });
  });

  test("in the archive is hidden from the list, shown with ?archived=true, and read as before", async () => {
    await create();
    await create({ name: "order.paid" });
    expect((await change({ archived: true })).body.archivedAt).toMatch(/Z$/);
    expect(await namesOf()).toEqual(["order.paid"]);
    expect(await namesOf("?archived=false")).toEqual(["order.paid"]);
    expect(await namesOf("?archived=true")).toEqual(["order.placed"]);
    expect(await namesOf("?archived=True")).toEqual(["order.placed"]);
    expect((await read()).status).toBe(200);
    expect((await change({ archived: false })).body.archivedAt).toBeNull();
    expect((await namesOf()).toSorted()).toEqual(["order.paid", "order.placed"]);
  });

  test("once deleted is not there, and can be made anew with other content", async () => {
    await create();
    const path = `${tenant.path}/event-types/order.placed`;
    expect((await call("DELETE", path)).status).toBe(204);
    const missing = { status: 404, body: { code: "event_type_not_found" } };
    expect(await call("DELETE", path)).toMatchObject(missing);
    expect(await read()).toMatchObject(missing);
    expect(await change({ archived: true })).toMatchObject(missing);
    expect((await create({ name: "order.placed" })).status).toBe(201);
  });

  test("of another tenant is not there, and its schema does not hold here", async () => {
    const other = await createTenant();
    await create();
    for (const method of ["GET", "DELETE"]) {
      const answer = await call(method, `${other.path}/event-types/order.placed`);
      expect(answer).toMatchObject({ status: 404, body: { code: "event_type_not_found" } });
    }
    const body = { eventType: "order.placed", payload: 1 };
    expect((await call("POST", `${other.path}/messages`, { body })).status).toBe(202);
  });

  test.each([
    [{ name: "order.*" }, "name"],
    [{ name: "" }, "name"],
    [{ name: "x".repeat(limits.eventTypeLength + 1) }, "name"],
    [{ name: "email" }, "name"],
    [{ name: "endpoint.disabled" }, "name"],
    [{ description: 7 }, "description"],
    [{ schema: 7 }, "schema"],
    [{ schema: { type: "text" } }, "schema.type"],
    [{ schema: { properties: { a: { $ref: "https://example.com/a" } } } }, "schema.properties.a.$ref"],
    [{ schema: { properties: { a: { pattern: "(a)\\1" } } } }, "schema.properties.a.pattern"],
    [{ schema: { $id: "https://" } }, "schema.$id"],
    [{ colour: "red" }, ""],
  ])("as %j is refused by the field's name", async (wrong, path) => {
    const { status, body } = await create({ ...orderPlaced, ...wrong });
    expect(status).toBe(422);
    expect(body.errors).toMatchObject([{ path }]);
    expect(await namesOf()).toEqual([]);
  });
});

test("the list shows each once, newest first, in pages", async () => {
  const names = ["a", "b", "c", "d", "e"];
  for (const name of names) await create({ name });
  const first = (await call("GET", `${tenant.path}/event-types?limit=3`)).body;
  const second = (await call("GET", `${tenant.path}/event-types?limit=3&cursor=${first.nextCursor}`)).body;
  expect([first.data.length, second.data.length, second.nextCursor]).toEqual([3, 2, null]);
  const listed: { name: string; createdAt: string }[] = [...first.data, ...second.data];
  expect(listed.map(({ name }) => name).toSorted()).toEqual(names);
  const instants = listed.map(({ createdAt }) => createdAt);
  expect(instants).toEqual(instants.toSorted().toReversed());
});

describe("a dry run", () => {
  const wrong = { type: "object", properties: { total: { type: "money" } } };

  test("of a creation answers 200 with the event type as it would be, and makes none", async () => {
    const dry = await create({ ...orderPlaced, dryRun: true });
    expect(dry).toMatchObject({ status: 200, body: { ...orderPlaced, archivedAt: null } });
    expect((await read()).status).toBe(404);
    const entries = await call("GET", `${tenant.path}/audit?operation=createEventType`);
    expect(entries.body.data).toEqual([]);
    expect((await create()).body).toMatchObject(orderPlaced);
  });

  test("of a creation is refused as the creation would be", async () => {
    await create();
    expect((await create({ ...orderPlaced, dryRun: true })).body.createdAt).toBe(
      (await read()).body.createdAt,
    );
    const other = { ...orderPlaced, description: "another" };
    for (const body of [other, { ...orderPlaced, schema: wrong }, { name: "no words" }]) {
      const refusal = await create(body);
      expect(refusal.status).toBeGreaterThan(400);
      const { code, errors } = refusal.body;
      expect((await create({ ...body, dryRun: true })).body).toMatchObject({
        code,
        ...(errors && { errors }),
      });
    }
    const elsewhere = { body: { ...orderPlaced, dryRun: true } };
    expect((await call("POST", "/v1/tenants/nobody/event-types", elsewhere)).status).toBe(404);
  });

  test("of a change answers the event type as it would be, and changes nothing", async () => {
    const { body: before } = await create();
    const dry = await change({ description: null, schema: true, archived: true, dryRun: true });
    expect(dry).toMatchObject({
      status: 200,
      body: { name: "order.placed", description: null, schema: true },
    });
    expect(dry.body.archivedAt).toMatch(/Z$/);
    expect((await read()).body).toEqual(before);
    expect((await change({ schema: wrong, dryRun: true })).body).toMatchObject({
      code: "invalid_input",
      errors: (await change({ schema: wrong })).body.errors,
    });
    expect((await change({ dryRun: true }, "unknown")).body.code).toBe("event_type_not_found");
  });
});

describe("a payload that does not fit its schema", () => {
  test("is refused by each place in it, and nothing is committed", async () => {
    await create();
    const { status, body } = await commit({ lines: [{ count: 1 }, { count: 0 }] });
    expect([status, body.code]).toEqual([422, "invalid_input"]);
    expect(body.errors).toEqual([
      { path: "payload.orderId", message: "is required" },
      { path: "payload.lines[1].count", message: "must be at least 1" },
    ]);
    expect(await countRows("messages", tenant.id)).toBe(0);
    expect((await commit({ orderId: "1" })).status).toBe(202);
  });

  test("in a batch refuses all of it, by its position", async () => {
    await create();
    const good = { eventType: "order.placed", payload: { orderId: "1" } };
    const messages = [
      good,
      { eventType: "other", payload: 1 },
      good,
      { ...good, payload: { orderId: 4 } },
      good,
    ];
    const { status, body } = await call("POST", `${tenant.path}/messages/batch`, { body: { messages } });
    expect([status, body.errors]).toEqual([
      422,
      [{ path: "messages[3].payload.orderId", message: "must be of type string" }],
    ]);
    expect(await countRows("messages", tenant.id)).toBe(0);
  });

  test("leaves its idempotency key free for one that does", async () => {
    await create();
    const headers = { "idempotency-key": "order-1" };
    expect((await commit({ orderId: 1 }, "order.placed", headers)).status).toBe(422);
    expect((await commit({ orderId: "1" }, "order.placed", headers)).status).toBe(202);
  });
});

describe("a schema", () => {
  test("holds from the answer on that sets it, changes it or takes it away", async () => {
    expect((await commit(1)).status).toBe(202);
    await create();
    expect((await commit(1)).status).toBe(422);
    await change({ schema: { type: "number" } });
    expect([(await commit(1)).status, (await commit({ orderId: "1" })).status]).toEqual([202, 422]);
    await change({ schema: null });
    expect((await commit({ orderId: 1 })).status).toBe(202);
    await change({ schema: false });
    expect((await commit(1)).status).toBe(422);
    await call("DELETE", `${tenant.path}/event-types/order.placed`);
    expect((await commit(1)).status).toBe(202);
  });

  test("holds for messages of an archived type as before", async () => {
    await create();
    await change({ archived: true });
    expect([(await commit(1)).status, (await commit({ orderId: "1" })).status]).toEqual([422, 202]);
  });

  test("of a later instant does not concern the repetition of an earlier commit", async () => {
    const headers = { "idempotency-key": "order-1" };
    const first = await commit(1, "order.placed", headers);
    await create();
    expect((await commit(1, "order.placed", headers)).body).toEqual({ ...first.body, duplicate: true });
  });
});

describe("an endpoint", () => {
  const hook = { channel: "webhook", url: "https://hooks.invalid/" };

  test("cannot newly name an archived type; one that named it keeps it, and can be changed otherwise", async () => {
    await create();
    const eventTypes = ["a", "order.placed"];
    const { body: early } = await call("POST", `${tenant.path}/endpoints`, { body: { ...hook, eventTypes } });
    await change({ archived: true });
    const refused = { status: 422, body: { errors: [{ path: "eventTypes[1]" }] } };
    expect(await call("POST", `${tenant.path}/endpoints`, { body: { ...hook, eventTypes } })).toMatchObject(
      refused,
    );
    const { body: late } = await call("POST", `${tenant.path}/endpoints`, { body: hook });
    const patch = (id: string, body: object) => call("PATCH", `${tenant.path}/endpoints/${id}`, { body });
    expect(await patch(late.id, { eventTypes })).toMatchObject(refused);
    expect((await patch(early.id, { description: "mine" })).body).toMatchObject({ eventTypes });
    const more = [...eventTypes, "b"];
    expect((await patch(early.id, { eventTypes: more })).body).toMatchObject({ eventTypes: more });
    expect((await patch(early.id, { eventTypes: ["b"] })).status).toBe(200);
    expect(await patch(early.id, { eventTypes })).toMatchObject(refused);
    await patch(early.id, { eventTypes: null });
    expect((await commit({ orderId: "1" })).body.deliveries).toBe(2);
    await change({ archived: false });
    expect((await patch(late.id, { eventTypes })).status).toBe(200);
  });
});
