import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { type Before, queryBuilder } from "../../src/db/database.ts";
import { tenants } from "../../src/db/schema.ts";
import { event } from "../../src/outbox/message.ts";
import {
  createEndpoint,
  deleteEndpoint,
  disableEndpoint,
  type EndpointTools,
  enableEndpoint,
  readEndpoint,
  rotateSecret,
  setEndpointPaused,
  updateEndpoint,
} from "../../src/registry/endpoints.ts";
import {
  createTenant,
  deleteTenant,
  readTenant,
  setTenantPaused,
  updateTenant,
} from "../../src/registry/tenants.ts";
import { deliveriesOf } from "../support/database/rows.ts";
import { refused } from "../support/outside/replies.ts";
import { World } from "../support/world.ts";

let world: World;
let tenant: string;
let id: string;

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
  id = await world.createEndpoint(tenant);
});

async function rowOf(endpoint: string) {
  const row = await env.DB.prepare(
    "SELECT state, version FROM outbox_endpoints WHERE tenant_id = ? AND id = ?",
  )
    .bind(tenant, endpoint)
    .first<{ state: string; version: number }>();
  return row ?? { state: "", version: 0 };
}

type Act = (tools: EndpointTools, tenantId: string, id: string) => Promise<unknown>;

const CHANGES: [string, Act][] = [
  ["changed", (...at) => updateEndpoint(...at, { description: "mine" })],
  ["rotated", (...at) => rotateSecret(...at)],
  ["disabled", disableEndpoint],
  ["enabled", enableEndpoint],
  ["paused", (...at) => setEndpointPaused(...at, true)],
  ["resumed", (...at) => setEndpointPaused(...at, false)],
  ["deleted", (...at) => deleteEndpoint(...at)],
];

describe("the version of an endpoint", () => {
  test.each(CHANGES)("counts that it was %s", async (_, act) => {
    expect((await rowOf(id)).version).toBe(1);
    await act(world.registryTools(), tenant, id);
    expect((await rowOf(id)).version).toBe(2);
  });

  test("counts that it has disabled itself, by a 410 and by nothing but failures", async () => {
    world.answer = () => refused({ kind: "gone", error: "gone", httpStatus: 410 });
    await world.commit(tenant, { messages: [event("a", 1)] });
    await world.runUntilIdle(tenant);
    expect(await rowOf(id)).toEqual({ state: "disabled", version: 2 });

    await enableEndpoint(world.registryTools(), tenant, id);
    world.answer = () => refused();
    world.disableAfterMs = 1;
    world.retrySchedule = [1, 1, 1];
    await world.commit(tenant, { messages: [event("a", 2)] });
    await world.runUntilIdle(tenant);
    expect(await rowOf(id)).toEqual({ state: "disabled", version: 4 });
  });

  test("does not count how it does", async () => {
    world.answer = () => refused();
    await world.commit(tenant, { messages: Array.from({ length: 20 }, (_, n) => event("a", n)) });
    await world.onAlarm(tenant);
    await world.consume();
    expect((await readEndpoint(world, tenant, id)).heldUntil).not.toBeNull();
    expect((await rowOf(id)).version).toBe(1);
  });
});

describe("a change that names a version", () => {
  const changes: [string, (tools: EndpointTools, version: number, id: string) => Promise<unknown>][] = [
    [
      "change",
      (tools, version, id) => updateEndpoint(tools, tenant, id, { order: "lenient", ifVersions: [version] }),
    ],
    ["deletion", (tools, version, id) => deleteEndpoint(tools, tenant, id, [version])],
  ];

  test.each(changes)("%s: happens while it is the current one", async (_, act) => {
    await act(world.registryTools(), 1, id);
    expect((await rowOf(id)).version).toBe(2);
  });

  test.each(changes)("%s: with another one changes nothing, and wakes nobody", async (_, act) => {
    const before = await env.DB.prepare("SELECT * FROM outbox_endpoints WHERE id = ?").bind(id).first();
    for (const version of [0, 2]) {
      await expect(world.ask((tools) => act(tools, version, id))).rejects.toMatchObject({
        failure: { code: "version_conflict", endpointId: id },
      });
    }
    expect(await env.DB.prepare("SELECT * FROM outbox_endpoints WHERE id = ?").bind(id).first()).toEqual(
      before,
    );
    expect(world.alarms.size).toBe(0);
  });

  test.each(changes)("%s: one that is not there is not found", async (_, act) => {
    await expect(act(world.registryTools(), 1, "ep_none")).rejects.toMatchObject({
      code: "endpoint_not_found",
    });
    await deleteEndpoint(world.registryTools(), tenant, id);
    await expect(act(world.registryTools(), 2, id)).rejects.toMatchObject({ code: "endpoint_not_found" });
  });

  test.each(changes)(
    "%s: somebody else who comes between the look and the write wins, and no blocked key is released",
    async (_, act) => {
      await updateEndpoint(world.registryTools(), tenant, id, { order: "strict", retrySchedule: [] });
      world.answer = () => refused();
      await world.commit(tenant, { messages: [event("a", 1, { orderingKey: "k" })] });
      await world.runUntilIdle(tenant);
      const { version } = await rowOf(id);
      const overtaken: EndpointTools = {
        ...world.registryTools(),
        db: {
          prepare: (query) => env.DB.prepare(query),
          batch: async <T>(statements: D1PreparedStatement[]) => {
            await updateEndpoint(world.registryTools(), tenant, id, { description: "theirs" });
            return env.DB.batch<T>(statements);
          },
        },
      };
      await expect(act(overtaken, version, id)).rejects.toMatchObject({ code: "version_conflict" });
      expect(await readEndpoint(world, tenant, id)).toMatchObject({
        description: "theirs",
        ordering: "strict",
      });
      expect(await deliveriesOf(tenant)).toMatchObject([{ state: "dead", blocks: 1 }]);
    },
  );

  test("of many writers at once, exactly one wins", async () => {
    const answers = await Promise.allSettled(
      Array.from({ length: 8 }, (_, n) =>
        updateEndpoint(world.registryTools(), tenant, id, { description: `writer ${n}`, ifVersions: [1] }),
      ),
    );
    const won = answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
    expect(won).toHaveLength(1);
    expect(await readEndpoint(world, tenant, id)).toMatchObject({
      version: 2,
      description: won[0]?.description,
    });
    for (const answer of answers) {
      if (answer.status === "rejected") expect(answer.reason).toMatchObject({ code: "version_conflict" });
    }
  });
});

describe("a statement that must come first in the batch of a write", () => {
  const mark = (name: string): Before[number] =>
    queryBuilder(env.DB).insert(tenants).values({ id: name, state: "active", createdAt: 0 });

  const writes: [string, (tools: EndpointTools) => Promise<unknown>][] = [
    [
      "createEndpoint",
      (tools) => createEndpoint(tools, tenant, { channel: "webhook", url: "https://a.example/" }),
    ],
    ...CHANGES.map(([name, act]): [string, (tools: EndpointTools) => Promise<unknown>] => [
      name,
      (tools) => act(tools, tenant, id),
    ]),
    ["createTenant", (tools) => createTenant(tools, { id: `t-${crypto.randomUUID()}` })],
    ["setTenantPaused", (tools) => setTenantPaused(tools, tenant, true)],
    ["updateTenant", (tools) => updateTenant(tools, tenant, { name: "Acme" })],
    ["updateTenant with nothing", (tools) => updateTenant(tools, tenant, {})],
    ["deleteTenant", (tools) => deleteTenant(tools, tenant)],
  ];

  test.each(writes)("%s: is written with it, in one batch", async (_, act) => {
    const name = `mark-${crypto.randomUUID()}`;
    let batches = 0;
    const db: EndpointTools["db"] = {
      prepare: (query) => env.DB.prepare(query),
      batch: (statements) => {
        batches++;
        return env.DB.batch(statements);
      },
    };
    await act({ ...world.registryTools(), db, before: [mark(name)] });
    expect(batches).toBe(1);
    expect(await readTenant(world, name)).toMatchObject({ id: name });
  });

  test.each(writes)("%s: is not made when that fails, and the error is D1's own", async (_, act) => {
    const before = await env.DB.prepare("SELECT * FROM outbox_endpoints WHERE tenant_id = ? ORDER BY id")
      .bind(tenant)
      .all();
    const tools = { ...world.registryTools(), before: [mark(tenant)] };
    await expect(act(tools)).rejects.toThrow(/^D1_ERROR: UNIQUE constraint failed: outbox_tenants.id/);
    const after = await env.DB.prepare("SELECT * FROM outbox_endpoints WHERE tenant_id = ? ORDER BY id")
      .bind(tenant)
      .all();
    expect(after.results).toEqual(before.results);
    expect(await readTenant(world, tenant)).toMatchObject({ name: null, state: "active" });
  });

  test("a tenant's name stays when nothing is said of it", async () => {
    await updateTenant(world.registryTools(), tenant, { name: "Acme" });
    expect(await updateTenant(world.registryTools(), tenant, {})).toMatchObject({ name: "Acme" });
    expect(await updateTenant(world.registryTools(), tenant, { name: null })).toMatchObject({ name: null });
  });
});
