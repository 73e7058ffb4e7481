/** Wishes of recipients, as they are put on record and told. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { deleteTenant } from "../../src/registry/tenants.ts";
import { listUnsubscribes, putUnsubscribe, removeUnsubscribe } from "../../src/registry/unsubscribes.ts";
import { change } from "../../src/unsubscribe/change.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { countRows } from "../support/database/rows.ts";
import { World } from "../support/world.ts";

const of = { topic: "newsletter", address: "ada@example.com" };

let world: World;
let tenant: string;
let central: string;

beforeEach(async () => {
  world = new World(env.DB);
  [tenant, central] = [await world.createTenant(), await world.createTenant()];
});

afterEach(() => checkInvariants(env.DB, tenant));

const tools = (db: Pick<D1Database, "prepare" | "batch"> = world.db) => ({
  ...{ db, clock: world.clock, random: world.random },
  systemEventsTenant: central,
  wake: (id: string, at: number) => void world.alarms.set(id, at),
});
const wish = (to: "out" | "back", db?: Pick<D1Database, "prepare" | "batch">) =>
  change(tools(db), { tenantId: tenant, ...of }, to);
const list = async (id = tenant) => (await listUnsubscribes(env.DB, id, { limit: 100 })).entries;
const told = () =>
  world.sent.map(({ tenantId, eventType, payload, orderingKey }) => ({
    ...{ tenantId, eventType, orderingKey },
    ...{ payload: JSON.parse(payload) },
  }));
const listenWith = (id: string) =>
  world.createEndpoint(id, { eventTypes: ["email.unsubscribed", "email.resubscribed"] });

/** Its first batches are carried out, and not answered. */
function forgetful(times: number) {
  let left = times;
  return {
    prepare: (text: string) => env.DB.prepare(text),
    async batch<T>(statements: D1PreparedStatement[]): Promise<D1Result<T>[]> {
      const results = await env.DB.batch<T>(statements);
      if (left-- > 0) throw new Error("D1_ERROR: Network connection lost.");
      return results;
    },
  };
}

describe("an unsubscription by the link", () => {
  test("is on record once, with the instant of the first time, and is taken back", async () => {
    expect(await wish("out")).toEqual({ name: null, is_out: 0 });
    const row = { tenantId: tenant, ...of, source: "link", createdAt: world.now };
    world.now += 1000;
    expect(await wish("out")).toEqual({ name: null, is_out: 1 });
    expect(await list()).toEqual([row]);
    expect(await wish("back")).toEqual({ name: null, is_out: 1 });
    expect(await wish("back")).toEqual({ name: null, is_out: 0 });
    expect(await list()).toEqual([]);
  });

  test("is told once for each change, in order, to the endpoints that subscribe to it and to those of all tenants", async () => {
    await listenWith(tenant);
    await listenWith(central);
    const at = new Date(world.now).toISOString();
    for (const to of ["out", "out", "back", "back", "out"] as const) await wish(to);
    await world.runUntilIdle(tenant);
    await world.runUntilIdle(central);
    const order = ["email.unsubscribed", "email.resubscribed", "email.unsubscribed"];
    const own = told().filter(({ tenantId }) => tenantId === tenant);
    expect(own).toMatchObject(
      order.map((eventType) => ({ eventType, payload: { ...of, tenantId: tenant } })),
    );
    expect(own[0]).toMatchObject({
      payload: { at },
      orderingKey: "unsubscribe newsletter ada@example.com",
    });
    const all = told().filter(({ tenantId }) => tenantId === central);
    expect(all.map(({ eventType }) => eventType)).toEqual(order);
    expect(all[0]?.payload).toMatchObject({ ...of, tenantId: tenant });
  });

  test("is carried out once and told once, though D1 does not answer", async () => {
    await listenWith(tenant);
    await wish("out", forgetful(2));
    expect(await list()).toHaveLength(1);
    expect(await countRows("messages", tenant)).toBe(1);
  });

  test("fails where D1 does not answer for long, and is made by a later one", async () => {
    await expect(wish("out", forgetful(9))).rejects.toThrow("lost");
    expect(await wish("out")).toMatchObject({ is_out: 1 });
  });

  test("of two at a time tells one", async () => {
    await listenWith(tenant);
    await Promise.all([wish("out"), wish("out"), wish("out")]);
    expect(await countRows("messages", tenant)).toBe(1);
  });

  test("of a deleted tenant is none, and its deletion forgets those before", async () => {
    await listenWith(central);
    await wish("out");
    const left = await countRows("messages", central);
    await world.ask((registry) => deleteTenant(registry, tenant));
    expect(await wish("out")).toBeUndefined();
    expect(await wish("back")).toBeUndefined();
    const rows = await env.DB.prepare("SELECT * FROM outbox_unsubscribes WHERE tenant_id = ?")
      .bind(tenant)
      .all();
    expect(rows.results).toEqual([]);
    expect(await countRows("messages", central)).toBe(left);
  });
});

describe("an unsubscription by request", () => {
  test("stands as that of the link does, and leaves one that is there as it is", async () => {
    await world.ask((registry) => putUnsubscribe(registry, tenant, of));
    expect(await list()).toMatchObject([{ source: "by_request" }]);
    await wish("out");
    expect(await list()).toMatchObject([{ source: "by_request" }]);
    await world.ask((registry) => removeUnsubscribe(registry, tenant, of));
    await wish("out");
    const { source } = await world.ask((registry) => putUnsubscribe(registry, tenant, of));
    expect(source).toBe("link");
  });

  test("is refused beyond the limit of a tenant, to which those of links do not count", async () => {
    await env.DB.prepare(`
      INSERT INTO outbox_unsubscribes (tenant_id, address, topic, source, created_at)
      WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 100000)
      SELECT ?, 'a' || n || '@example.com', 'offers', iif(n = 1, 'link', 'by_request'), 1 FROM n`)
      .bind(tenant)
      .run();
    await world.ask((registry) => putUnsubscribe(registry, tenant, of));
    const other = { ...of, topic: "other" };
    const refusal = { code: "unsubscribe_limit_reached", message: expect.stringContaining("100000") };
    await expect(world.ask((registry) => putUnsubscribe(registry, tenant, other))).rejects.toMatchObject(
      refusal,
    );
    await world.ask((registry) => putUnsubscribe(registry, tenant, of));
    expect(await wish("out")).toMatchObject({ is_out: 1 });
  });
});
