import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { event } from "../../../src/outbox/message.ts";
import { deploymentLimits } from "../../../src/platform/deployment-limits.ts";
import { createTenant, deleteTenant } from "../../../src/registry/tenants.ts";
import { issueToken } from "../../../src/registry/tokens.ts";
import { search } from "../../../src/trace/search/search.ts";
import { emptyDatabase } from "../../support/database/empty-database.ts";
import { refused } from "../../support/outside/replies.ts";
import { keyRingOf } from "../../support/secrets/key-ring.ts";
import { World } from "../../support/world.ts";

let world: World;

beforeEach(async () => {
  await emptyDatabase();
  world = new World(env.DB);
});

const find = (q: string, tenant?: string, after?: never) => search(env.DB, { q, tenant, after });
/** Kind, part and id of what is found. */
const found = async (q: string, tenant?: string) =>
  (await find(q, tenant)).entries.map(({ kind, foundBy, tenantId, id }) => [kind, foundBy, tenantId, id]);

async function tenantNamed(id: string, name: string | null = null): Promise<string> {
  await createTenant(world.registryTools(), { id, name });
  return id;
}

async function commit(tenant: string, payload: unknown, rest: object = {}, idempotencyKey?: string) {
  const messages = [event("order.placed", payload, rest)];
  const committed = await world.commit(tenant, { messages, ...(idempotencyKey && { idempotencyKey }) });
  return committed.messages[0]?.id ?? "";
}

describe("an id is found in whatever tenant it is", () => {
  test("of a message: its random part tells it from the message of another tenant with its number", async () => {
    const [one, other] = [await tenantNamed("one", "The One"), await tenantNamed("other")];
    const id = await commit(one, 1, { orderingKey: "k" });
    const ofOther = await commit(other, 1);
    expect(await find(id)).toEqual({
      entries: [
        {
          kind: "message",
          foundBy: "id",
          tenantId: one,
          tenantName: "The One",
          id,
          endpointId: null,
          state: null,
          target: null,
          description: null,
          eventType: "order.placed",
          orderingKey: "k",
          at: world.now,
        },
      ],
      next: null,
      lookedAt: { tenants: 2, messages: 0 },
      complete: true,
    });
    expect(await found(ofOther)).toEqual([["message", "id", other, ofOther]]);
    expect(await found(id, one)).toEqual([["message", "id", one, id]]);
    expect(await found(id, other)).toEqual([]);
    const wrong = `${id.slice(0, -1)}${id.endsWith("0") ? "1" : "0"}`;
    expect(await find(wrong)).toMatchObject({ entries: [], complete: true });
  });

  test("of an endpoint, a token, and the built-in endpoint that every tenant has", async () => {
    const [one, other] = [await tenantNamed("one"), await tenantNamed("other")];
    const endpoint = await world.createEndpoint(one, { description: "The warehouse" });
    const tools = { ...world.registryTools(), keyRing: keyRingOf("k1") };
    const token = await issueToken(tools, other, {
      scopes: ["read"],
      description: "CI",
      expiresInSeconds: 60,
    });
    expect((await find(endpoint)).entries).toMatchObject([
      {
        kind: "endpoint",
        foundBy: "id",
        tenantId: one,
        id: endpoint,
        state: "enabled",
        description: "The warehouse",
      },
    ]);
    expect((await find(endpoint)).entries[0]?.target).toContain("https://");
    expect((await find(token.id)).entries).toMatchObject([
      { kind: "token", tenantId: other, id: token.id, description: "CI" },
    ]);
    expect((await found("ep_email")).map(([, , tenant]) => tenant)).toEqual([one, other]);
    expect(await found(endpoint, other)).toEqual([]);
    expect(await found(token.id, other)).toHaveLength(1);
  });

  test("but not of a deleted tenant, or of one that there is not", async () => {
    const tenant = await tenantNamed("gone");
    const id = await commit(tenant, 1, { orderingKey: "k" }, "i");
    await world.ask((tools) => deleteTenant(tools, tenant));
    for (const q of [id, "gone", "k", "i", "ep_email"]) expect((await find(q)).entries, q).toEqual([]);
    for (const q of [id, "gone", "key:i", "text:1"])
      await expect(find(q, tenant), q).rejects.toMatchObject({ code: "tenant_not_found" });
  });
});

describe("a word", () => {
  test("is a tenant's id, its beginning, or a part of its name; the very id comes first", async () => {
    for (const [id, name] of [
      ["acme-2", null],
      ["zeta", "ACME of Zürich"],
      ["acme", "Anvils"],
      ["beta", null],
    ] as const)
      await tenantNamed(id, name);
    expect(await found("acme")).toEqual([
      ["tenant", "id", "acme", "acme"],
      ["tenant", "id", "acme-2", "acme-2"],
      ["tenant", "name", "zeta", "zeta"],
    ]);
    expect(await found("anv")).toEqual([["tenant", "name", "acme", "acme"]]);
    expect(await found("%")).toEqual([]);
    expect(await found("key:acme")).toEqual([]);
    expect(await found("acme", "acme")).toEqual([]);
  });

  test("is an idempotency key, of any tenant or of one", async () => {
    const [one, other] = [await tenantNamed("one"), await tenantNamed("other")];
    const id = await commit(one, 1, {}, "order-1");
    const ofOther = await commit(other, 1, {}, "order-1");
    await commit(other, 1, {}, "order-2");
    for (const q of ["order-1", "key:order-1"]) {
      expect(await found(q)).toEqual([
        ["message", "idempotencyKey", one, id],
        ["message", "idempotencyKey", other, ofOther],
      ]);
      expect(await found(q, other)).toEqual([["message", "idempotencyKey", other, ofOther]]);
    }
  });

  test("is an ordering key: of what is unsettled or blocks, in any tenant; of any message, in one", async () => {
    const [one, other] = [await tenantNamed("one"), await tenantNamed("other")];
    const endpoint = await world.createEndpoint(one);
    const delivered = await commit(one, 1, { orderingKey: "k" });
    await world.runUntilIdle(one);
    const waiting = await commit(one, 1, { orderingKey: "k" });
    await world.createEndpoint(other, { order: "strict" });
    world.answer = () => ({ ...refused(), kind: "permanent" }) as never;
    const dead = await commit(other, 1, { orderingKey: "k" });
    await world.onAlarm(other);
    await world.consume();
    await commit(other, 1, { orderingKey: "k2" });

    expect((await find("k")).entries).toMatchObject([
      {
        kind: "delivery",
        foundBy: "orderingKey",
        tenantId: one,
        id: waiting,
        endpointId: endpoint,
        state: "pending",
      },
      {
        kind: "delivery",
        foundBy: "orderingKey",
        tenantId: other,
        id: dead,
        state: "dead",
        orderingKey: "k",
      },
    ]);
    expect(await found("k", one)).toEqual([
      ["delivery", "orderingKey", one, waiting],
      ["message", "orderingKey", one, waiting],
      ["message", "orderingKey", one, delivered],
    ]);
    expect(await find("k", one)).toMatchObject({ complete: true, lookedAt: { tenants: 1, messages: 2 } });
  });
});

/** Messages of a tenant, as rows: the text of a payload by its number. */
async function insertMessages(tenant: string, count: number, payload: string, key = "NULL") {
  await env.DB.prepare(`
    WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ${count})
    INSERT INTO outbox_messages (tenant_id, id, payload_bytes, nonce, event_type, payload, ordering_key, committed_at)
    SELECT ?1, (SELECT number FROM outbox_tenants WHERE id = ?1) << 36 | n, length(${payload}), printf('%013d', n), 'a', ${payload}, ${key}, n
    FROM n`)
    .bind(tenant)
    .run();
}

describe("a text in the payloads of a tenant", () => {
  test("is found, gzipped or not, as it stands in the JSON", async () => {
    const [tenant, other] = [await tenantNamed("one"), await tenantNamed("other")];
    const long = "lorem ipsum ".repeat(200);
    const plain = await commit(tenant, { note: 'say "4711", Zürich' });
    const gzipped = await commit(tenant, { note: `${long}4711 Zürich` });
    await commit(tenant, { note: long });
    await commit(other, { note: "4711" });
    const stored = await env.DB.prepare(
      "SELECT typeof(payload) AS type FROM outbox_messages WHERE tenant_id = ? ORDER BY id",
    )
      .bind(tenant)
      .all<{ type: string }>();
    expect(stored.results.map(({ type }) => type)).toEqual(["text", "blob", "blob"]);
    expect(await found("text:4711", tenant)).toEqual([
      ["message", "payload", tenant, gzipped],
      ["message", "payload", tenant, plain],
    ]);
    expect((await found("text:Zürich", tenant)).map(([, , , id]) => id)).toEqual([gzipped, plain]);
    expect(await found('text:\\"4711\\"', tenant)).toEqual([["message", "payload", tenant, plain]]);
    expect(await find("text:zürich", tenant)).toMatchObject({
      entries: [],
      lookedAt: { tenants: 1, messages: 3 },
      complete: true,
      next: null,
    });
    await expect(find("text:4711")).rejects.toMatchObject({ failure: { fields: [{ path: "tenant" }] } });
  });

  test("a payload that was damaged does not hide the others", async () => {
    const tenant = await tenantNamed("one");
    const id = await commit(tenant, { note: "4711" });
    await commit(tenant, { note: `${"lorem ipsum ".repeat(200)}4711` });
    await env.DB.prepare("UPDATE outbox_messages SET payload = x'00ff' WHERE typeof(payload) = 'blob'").run();
    expect((await found("text:4711", tenant)).map(([, , , found]) => found)).toEqual([id]);
  });

  test("is looked for among the newest 1,000 messages, and then further back", async () => {
    const tenant = await tenantNamed("one");
    const count = deploymentLimits.messagesSearched + 500;
    await insertMessages(tenant, count, "json_object('n', n)");
    const first = await find(`text:{"n":7}`, tenant);
    expect(first).toMatchObject({
      entries: [],
      complete: false,
      lookedAt: { messages: deploymentLimits.messagesSearched },
      next: { beforeSeq: 501 },
    });
    const second = await find(`text:{"n":7}`, tenant, first.next as never);
    expect(second).toMatchObject({ complete: true, lookedAt: { messages: 500 }, next: null });
    expect(second.entries).toHaveLength(1);
  });

  test("and so is an ordering key", async () => {
    const tenant = await tenantNamed("one");
    await insertMessages(
      tenant,
      deploymentLimits.messagesSearched + 500,
      "'1'",
      "iif(n % 600 = 7, 'k', NULL)",
    );
    const first = await find("k", tenant);
    expect(first).toMatchObject({ complete: false, next: { beforeSeq: 501 } });
    expect(first.entries).toHaveLength(2);
    const second = await find("k", tenant, first.next as never);
    expect(second).toMatchObject({ complete: true, next: null, lookedAt: { messages: 500 } });
    expect(second.entries).toHaveLength(1);
  });

  test("where many have it, all are shown, page after page, each once", async () => {
    const tenant = await tenantNamed("one");
    await insertMessages(tenant, 250, "'\"4711\"'", "'4711'");
    for (const q of ["text:4711", "key:4711"]) {
      const ids: string[] = [];
      let next: unknown;
      do {
        const page = await find(q, tenant, next as never);
        expect(page.entries.length).toBeLessThanOrEqual(deploymentLimits.searched.shown);
        ids.push(...page.entries.map(({ id }) => id));
        next = page.next ?? undefined;
      } while (next);
      expect([ids.length, new Set(ids).size], q).toEqual([250, 250]);
    }
  });

  test("costs no more than it may: large payloads end the look before the thousandth message", async () => {
    const tenant = await tenantNamed("one");
    // Gzipped they are small, and in full they are large.
    await commit(tenant, "a".repeat(200_000));
    const { gunzipped } = deploymentLimits.payloadsSearched;
    const count = Math.ceil(gunzipped / 200_000) + 20;
    await env.DB.prepare(`
      WITH RECURSIVE n(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM n WHERE n < ${count})
      INSERT INTO outbox_messages (tenant_id, id, payload_bytes, nonce, event_type, payload, committed_at)
      SELECT tenant_id, id - 1 + n, payload_bytes, printf('%013d', n), 'a', payload, 1 FROM outbox_messages CROSS JOIN n`).run();
    const first = await find("text:ab", tenant);
    expect(first.complete).toBe(false);
    expect(first.lookedAt.messages).toBe(Math.floor(gunzipped / 200_002));
    const second = await find("text:ab", tenant, first.next as never);
    expect(second.lookedAt.messages).toBe(count - first.lookedAt.messages);
    expect(second.complete).toBe(true);
  });
});

test("a cursor of another search is refused", async () => {
  const tenant = await tenantNamed("one");
  for (const [q, of, after] of [
    ["one", undefined, { beforeSeq: 1 }],
    ["text:a", tenant, { afterTenant: 1 }],
    ["key:a", tenant, { afterTenant: 1 }],
  ] as const) {
    await expect(find(q, of, after as never), q).rejects.toMatchObject({
      failure: { fields: [{ path: "cursor" }] },
    });
  }
});

test("tenants are looked through as far as the bound, and then further", async () => {
  const count = deploymentLimits.searched.tenants + 5;
  await env.DB.prepare(`
    WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ${count})
    INSERT INTO outbox_tenants (id, name, state, created_at) SELECT 't' || n, iif(n > ${count - 2}, 'Last', 'One ' || (n % 90)), 'active', n FROM n`).run();
  const first = await find("last");
  expect(first).toMatchObject({
    entries: [],
    complete: false,
    lookedAt: { tenants: deploymentLimits.searched.tenants },
    next: { afterTenant: deploymentLimits.searched.tenants },
  });
  const second = await find("last", undefined, first.next as never);
  expect(second).toMatchObject({ complete: true, next: null, lookedAt: { tenants: 5 } });
  expect(second.entries.map(({ id }) => id)).toEqual([`t${count - 1}`, `t${count}`]);
  const names: string[] = [];
  let next: unknown;
  do {
    const page = await find("one 7", undefined, next as never);
    names.push(...page.entries.map(({ id }) => id));
    next = page.next ?? undefined;
  } while (next);
  expect([names.length, new Set(names).size]).toEqual([
    [...Array(count - 2).keys()].filter((n) => /^7/.test(String((n + 1) % 90))).length,
    names.length,
  ]);
});
