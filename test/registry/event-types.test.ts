import { env } from "cloudflare:workers";
import { Type } from "@sinclair/typebox";
import { toJsonSchema } from "@valibot/to-json-schema";
import { type } from "arktype";
import * as v from "valibot";
import { beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import * as z3 from "zod/v3";
import type { CreatedCursor } from "../../src/domain/page.ts";
import { SYSTEM_EVENTS } from "../../src/domain/system-events.ts";
import { limits } from "../../src/platform/limits.ts";
import {
  createEventType,
  deleteEventType,
  type EventTypeTools,
  eventTypeInput,
  readEventType,
  refuseArchived,
  updateEventType,
} from "../../src/registry/event-types.ts";
import { listEventTypes } from "../../src/registry/list-event-types.ts";
import { deleteTenant } from "../../src/registry/tenants.ts";
import { World } from "../support/world.ts";

let world: World;
let tenant: string;
let tools: EventTypeTools;

const schema = { type: "object", required: ["id"] };

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
  tools = world.registryTools();
});

async function versionOf(tenantId = tenant): Promise<number> {
  const row = await env.DB.prepare("SELECT types_version FROM outbox_tenants WHERE id = ?")
    .bind(tenantId)
    .first();
  return Number(row?.["types_version"]);
}

/** What of the list is shown, by name. */
const names = async (archived = false) =>
  (await listEventTypes(world.db, tenant, { limit: 100, archived })).entries.map(({ name }) => name);

describe("a schema that is no JSON is refused, and nothing is written", () => {
  const cyclic: Record<string, unknown> = {};
  cyclic["properties"] = { again: cyclic };

  test.each<[string, unknown, RegExp]>([
    ["zod's", z.object({ id: z.string() }), /a validator .* z\.toJSONSchema\(schema\)/],
    ["zod 3's", z3.object({ id: z3.string() }), /a validator/],
    ["valibot's", v.object({ id: v.string() }), /a validator/],
    ["arktype's", type({ id: "string" }), /a validator/],
    ["zod's within a schema", { type: "object", properties: { id: z.string() } }, /a validator/],
    ["arktype's within a schema", { type: "object", properties: { id: type("string") } }, /a validator/],
    ["a function", () => true, /a validator/],
    ["a promise", Promise.resolve({ type: "object" }), /an object of another class/],
    ["a Map", new Map([["type", "object"]]), /an object of another class/],
    ["a symbol", Symbol("x"), /is a function or a symbol/],
    ["a big integer", { minimum: 1n }, /BigInt/],
    ["a circle", cyclic, /circular/],
  ])("%s", async (_, schema, message) => {
    const fields = [{ path: "schema", message: expect.stringMatching(/^cannot be written as JSON: /) }];
    const refused = { failure: { code: "invalid_input", fields }, message: expect.stringMatching(message) };
    await expect(createEventType(tools, tenant, { name: "a", schema })).rejects.toMatchObject(refused);
    await expect(updateEventType(tools, tenant, "a", { schema })).rejects.toMatchObject(refused);
    expect(await names()).toEqual([]);
  });

  test.each<[string, unknown]>([
    ["zod", z.toJSONSchema(z.object({ id: z.string() }))],
    ["valibot", toJsonSchema(v.object({ id: v.string() }))],
    ["arktype", type({ id: "string" }).toJsonSchema()],
    ["TypeBox", Type.Object({ id: Type.String() })],
  ])("and not the JSON Schema that %s makes", async (_, schema) => {
    const { eventType } = await createEventType(tools, tenant, { name: "a", schema });
    expect(eventType.schema).toBe(JSON.stringify(schema));
  });
});

describe("an event type", () => {
  test("is kept with its schema as it was given", async () => {
    const input = { name: "order.placed", description: "An order", schema };
    const { eventType, created } = await createEventType(tools, tenant, input);
    expect(created).toBe(true);
    expect(eventType).toMatchObject({ name: "order.placed", description: "An order", archivedAt: null });
    expect(eventType.schema).toBe(JSON.stringify(schema));
    expect(await readEventType(world, tenant, "order.placed")).toEqual(eventType);
  });

  test("asked for again is the same; with other content it is refused, and stays", async () => {
    const input = { name: "order.placed", schema };
    const first = await createEventType(tools, tenant, input);
    world.now += 1000;
    expect(await createEventType(tools, tenant, input)).toEqual({ ...first, created: false });
    for (const other of [{ schema: true }, { schema, description: "x" }, {}]) {
      await expect(createEventType(tools, tenant, { name: "order.placed", ...other })).rejects.toMatchObject({
        failure: { code: "event_type_exists", name: "order.placed" },
      });
    }
    expect(await readEventType(world, tenant, "order.placed")).toEqual(first.eventType);
  });

  test("is changed part by part, and null takes a part back", async () => {
    await createEventType(tools, tenant, { name: "a", description: "A", schema });
    const update = (change: object) => updateEventType(tools, tenant, "a", change);
    expect(await update({ description: "B" })).toMatchObject({
      description: "B",
      schema: JSON.stringify(schema),
    });
    expect(await update({ schema: false })).toMatchObject({ description: "B", schema: "false" });
    expect(await update({ schema: null, description: null })).toMatchObject({
      description: null,
      schema: null,
    });
  });

  test("archived leaves the list, keeps the instant of the first time, and comes back", async () => {
    await createEventType(tools, tenant, { name: "a" });
    await createEventType(tools, tenant, { name: "b" });
    const { archivedAt } = await updateEventType(tools, tenant, "a", { archived: true });
    expect(archivedAt).toBe(world.now);
    world.now += 1000;
    expect(await updateEventType(tools, tenant, "a", { archived: true })).toMatchObject({ archivedAt });
    expect([await names(), await names(true)]).toEqual([["b"], ["a"]]);
    await expect(refuseArchived(env.DB, tenant, ["b", "c", "a"])).rejects.toMatchObject({
      failure: { code: "invalid_input", fields: [{ path: "eventTypes[2]" }] },
    });
    await updateEventType(tools, tenant, "a", { archived: false });
    expect(await names()).toEqual(["b", "a"]);
    await refuseArchived(env.DB, tenant, ["b", "c", "a"]);
  });

  test("deleted is not there any more", async () => {
    await createEventType(tools, tenant, { name: "a" });
    await deleteEventType(tools, tenant, "a");
    for (const act of [
      () => deleteEventType(tools, tenant, "a"),
      () => readEventType(world, tenant, "a"),
      () => updateEventType(tools, tenant, "a", { archived: true }),
    ]) {
      await expect(act()).rejects.toMatchObject({ failure: { code: "event_type_not_found", name: "a" } });
    }
  });

  test("of another tenant is not there, and one that is not there has none", async () => {
    await createEventType(tools, tenant, { name: "a" });
    const other = await world.createTenant();
    await expect(updateEventType(tools, other, "a", {})).rejects.toMatchObject({
      code: "event_type_not_found",
    });
    await expect(deleteEventType(tools, other, "a")).rejects.toMatchObject({ code: "event_type_not_found" });
    await createEventType(tools, other, { name: "b" });
    await deleteTenant(world.registryTools(), other);
    for (const act of [
      readEventType(world, other, "b"),
      updateEventType(tools, other, "b", { schema: true }),
    ]) {
      await expect(act).rejects.toMatchObject({ code: "tenant_not_found" });
    }
    await expect(createEventType(tools, other, { name: "a" })).rejects.toMatchObject({
      code: "tenant_not_found",
    });
    await expect(listEventTypes(world.db, other, { limit: 5, archived: false })).rejects.toMatchObject({
      code: "tenant_not_found",
    });
    expect(await names()).toEqual(["a"]);
  });

  test("pages, newest first, lose and repeat none", async () => {
    for (let n = 0; n < 7; n++) {
      await createEventType(tools, tenant, { name: `type${n}` });
      if (n % 3 === 0) world.now++;
    }
    const paged: string[] = [];
    let after: CreatedCursor | undefined;
    do {
      const page = await listEventTypes(world.db, tenant, { limit: 2, after, archived: false });
      paged.push(...page.entries.map(({ name }) => name));
      after = page.next ?? undefined;
    } while (after);
    expect(paged).toEqual(await names());
    expect(paged).toHaveLength(7);
  });

  test("a tenant has so many and no more; those that are there can be asked for again", async () => {
    await env.DB.prepare(
      `INSERT INTO outbox_event_types (tenant_id, name, created_at, updated_at)
       SELECT ?1, 'type' || value, 0, 0 FROM json_each(?2)`,
    )
      .bind(tenant, JSON.stringify(Array.from({ length: limits.eventTypesPerTenant - 1 }, (_, n) => n)))
      .run();
    await createEventType(tools, tenant, { name: "last" });
    for (const dryRun of [false, true]) {
      await expect(createEventType(tools, tenant, { name: "more", dryRun })).rejects.toMatchObject({
        failure: { code: "event_type_limit_reached", limit: limits.eventTypesPerTenant },
      });
      const again = await createEventType(tools, tenant, { name: "last", dryRun });
      expect(again).toMatchObject({ created: false });
    }
    await deleteEventType(tools, tenant, "type0");
    await expect(createEventType(tools, tenant, { name: "more" })).resolves.toBeDefined();
  });
});

test("the version moves with every write that changes something, to one that never was, and with no other", async () => {
  const seen = [await versionOf()];
  expect(seen).toEqual([0]);
  const moved = async (act: Promise<unknown>) => {
    await act.catch(() => {});
    const version = await versionOf();
    const news = !seen.includes(version);
    if (news) seen.push(version);
    return news;
  };
  expect(await moved(createEventType(tools, tenant, { name: "a" }))).toBe(true);
  expect(await moved(createEventType(tools, tenant, { name: "a" }))).toBe(false);
  expect(await moved(createEventType(tools, tenant, { name: "a", schema }))).toBe(false);
  expect(await moved(updateEventType(tools, tenant, "a", { schema }))).toBe(true);
  expect(await moved(updateEventType(tools, tenant, "a", { schema: true }))).toBe(true);
  expect(await moved(updateEventType(tools, tenant, "nothing", { schema }))).toBe(false);
  expect(await moved(deleteEventType(tools, tenant, "a"))).toBe(true);
  expect(await moved(deleteEventType(tools, tenant, "a"))).toBe(false);
  const other = await world.createTenant();
  expect(await versionOf(other)).toBe(0);
});

test.each([...SYSTEM_EVENTS, "email", "order placed", "", "x".repeat(limits.eventTypeLength + 1)])(
  'the name "%s" is refused',
  (name) => {
    expect(eventTypeInput.safeParse({ name }).success).toBe(false);
  },
);

test("a schema that is refused names the place, and nothing is written", async () => {
  const wrong = { properties: { price: { type: "money" } } };
  await expect(createEventType(tools, tenant, { name: "a", schema: wrong })).rejects.toMatchObject({
    failure: { code: "invalid_input", fields: [{ path: "schema.properties.price.type" }] },
  });
  await createEventType(tools, tenant, { name: "a", schema });
  await expect(updateEventType(tools, tenant, "a", { schema: wrong })).rejects.toMatchObject({
    code: "invalid_input",
  });
  expect(await readEventType(world, tenant, "a")).toMatchObject({ schema: JSON.stringify(schema) });
});

test("a page of large schemas has fewer event types, and the next one goes on from there", async () => {
  const tools = world.registryTools();
  const tenantId = await world.createTenant();
  const schema = { description: "x".repeat(limits.schemaBytes - 100) };
  const names = Array.from({ length: 9 }, (_, n) => `large.${n}`);
  for (const name of names) await createEventType(tools, tenantId, { name, schema });
  await createEventType(tools, tenantId, { name: "small" });
  const sizes: number[] = [];
  const listed: string[] = [];
  for (let after: CreatedCursor | null | undefined; after !== null; ) {
    const page = await listEventTypes(world.db, tenantId, { limit: 100, after, archived: false });
    listed.push(...page.entries.map(({ name }) => name));
    sizes.push(page.entries.reduce((sum, { schema }) => sum + (schema?.length ?? 0), 0));
    after = page.next;
  }
  expect(listed.toSorted()).toEqual([...names, "small"]);
  expect(sizes.length).toBe(2);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(limits.schemaBytesPerPage + limits.schemaBytes);
});
