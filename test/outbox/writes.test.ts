import { env } from "cloudflare:workers";
import { eq, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { NO_HANDLERS } from "../../src/domain/handlers.ts";
import { takeIn } from "../../src/inbox/take-in.ts";
import { planEffects } from "../../src/outbox/effects.ts";
import { event } from "../../src/outbox/message.ts";
import { World } from "../support/world.ts";

const parcels = sqliteTable("parcels", { id: text("id").primaryKey(), weight: integer("weight").notNull() });
const db = drizzle(env.DB, { schema: { parcels } });

let world: World;
let tenant: string;
let id: string;

beforeAll(async () => {
  await env.DB.prepare(
    "CREATE TABLE IF NOT EXISTS parcels (id TEXT PRIMARY KEY, weight INTEGER NOT NULL)",
  ).run();
});

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
  id = crypto.randomUUID();
});

const commit = (...writes: unknown[]) =>
  world.commit(tenant, { writes: writes as never, messages: [event("a", 1)] });
const find = () => db.select().from(parcels).where(eq(parcels.id, id)).get();

describe("every query of drizzle is a write", () => {
  const row = () => ({ id, weight: 7 });
  const raw = () => sql`INSERT INTO parcels (id, weight) VALUES (${id}, ${7})`;
  test.each<[string, () => unknown]>([
    ["a builder", () => db.insert(parcels).values(row())],
    ["a builder that returns", () => db.insert(parcels).values(row()).returning()],
    ["a builder on a conflict", () => db.insert(parcels).values(row()).onConflictDoNothing()],
    ["a prepared builder", () => db.insert(parcels).values(row()).prepare()],
    ["run", () => db.run(raw())],
    ["all", () => db.all(raw())],
    ["get", () => db.get(raw())],
    ["values", () => db.values(raw())],
    ["run of a text", () => db.run(`INSERT INTO parcels (id, weight) VALUES ('${id}', 7)`)],
    ["sql alone", () => raw()],
    ["D1's own", () => env.DB.prepare("INSERT INTO parcels (id, weight) VALUES (?, 7)").bind(id)],
    [
      "D1's own with a comment",
      () => env.DB.prepare("/* a */ -- b\nINSERT INTO parcels (id, weight) VALUES (?, 7) -- c").bind(id),
    ],
  ])("%s", async (_, write) => {
    const { writes, messages } = await commit(
      write(),
      db.select().from(parcels),
      db.query.parcels.findFirst(),
    );
    expect(writes.map(({ success }) => success)).toEqual([true, true, true]);
    expect(messages).toHaveLength(1);
    expect(await find()).toEqual({ id, weight: 7 });
  });
});

describe("a wrong write is refused by its place, before anything is written", () => {
  test.each<[string, () => unknown, RegExp]>([
    ["undefined", () => undefined, /is undefined, and no statement; give/],
    ["null", () => null, /is null, and no statement/],
    ["false", () => false, /is false, and no statement/],
    ["0", () => 0, /is 0, and no statement/],
    ["a text", () => "DELETE FROM parcels", /is a text/],
    ["a function", () => () => {}, /and no statement/],
    ["an empty object", () => ({}), /is no statement/],
    ["a list", () => [env.DB.prepare("SELECT 1")], /is a list/],
    [
      "an awaited D1 query",
      () => env.DB.prepare("SELECT 1").run(),
      /is no statement: perhaps the result of a query that was run/,
    ],
    ["an awaited builder", () => db.select().from(parcels), /is a list/],
    [
      "a promise",
      () => ({ promise: db.select().from(parcels).all() }),
      /is a promise: the query is being run/,
    ],
    ["no SQL", () => env.DB.prepare(""), /has no SQL in it/],
    ["blanks", () => env.DB.prepare(" \n\t;; "), /has no SQL in it/],
    ["a comment", () => env.DB.prepare("-- nothing"), /has no SQL in it/],
    ["comments", () => env.DB.prepare("/* no */ -- thing\n;/* at all"), /has no SQL in it/],
    ["a bound comment", () => env.DB.prepare("-- nothing").bind(), /has no SQL in it/],
    ["drizzle with no SQL", () => ({ drizzle: db.run(sql``) }), /has no SQL in it/],
    ["drizzle with a comment", () => sql`/* nothing */`, /has no SQL in it/],
    [
      "a placeholder",
      () =>
        db
          .delete(parcels)
          .where(eq(parcels.id, sql.placeholder("id")))
          .prepare(),
      /has a placeholder of drizzle's without a value/,
    ],
  ])("%s", async (_, make, words) => {
    let wrong = await make();
    // Wrapped, as what can be awaited would be.
    if (typeof wrong === "object" && wrong !== null && "promise" in wrong) wrong = wrong.promise;
    if (typeof wrong === "object" && wrong !== null && "drizzle" in wrong) wrong = wrong.drizzle;
    const first = db.insert(parcels).values({ id, weight: 7 });
    await expect(commit(first, wrong)).rejects.toMatchObject({
      code: "invalid_input",
      failure: { fields: [{ path: "writes[1]", message: expect.stringMatching(words) }] },
    });
    const effects = { writes: [first, wrong] as never };
    const tools = { ...world.registryTools(), types: world.types, handlers: NO_HANDLERS };
    await expect(
      planEffects(tools, tenant, effects, { traceparent: null, tracestate: null }),
    ).rejects.toThrow(/^writes\[1\]: /);
    const receipt = { source: id, webhookId: id, receivedAt: world.now };
    await expect(takeIn({ db: env.DB, rememberMs: 1 }, receipt, async () => effects)).rejects.toThrow(
      /^writes\[1\]: /,
    );
    expect(await find()).toBeUndefined();
    expect(
      await env.DB.prepare("SELECT 1 FROM outbox_messages WHERE tenant_id = ?").bind(tenant).first(),
    ).toBeNull();
  });

  test("anything but a list", async () => {
    const writes = db.insert(parcels).values({ id, weight: 7 }) as never;
    await expect(world.commit(tenant, { writes, messages: [event("a", 1)] })).rejects.toThrow(
      /^writes: must be a list/,
    );
  });
});
