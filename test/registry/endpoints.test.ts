import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { queryBuilder } from "../../src/db/database.ts";
import { endpoints } from "../../src/db/schema.ts";
import type { CreatedCursor } from "../../src/domain/page.ts";
import { limits } from "../../src/platform/limits.ts";
import { describeError } from "../../src/platform/log.ts";
import type { EndpointFilter } from "../../src/registry/endpoint-input.ts";
import {
  createEndpoint,
  deleteEndpoint,
  disableEndpoint,
  type EndpointTools,
  enableEndpoint,
  listEndpoints,
  readEndpoint,
  selectPage,
  setEndpointPaused,
  updateEndpoint,
} from "../../src/registry/endpoints.ts";
import { countingDb } from "../support/database/counting-db.ts";
import { World } from "../support/world.ts";

const input = { channel: "webhook", url: "https://example.com/" } as const;

test("a tenant has so many endpoints and no more; a deleted one makes room", async () => {
  const world = new World(env.DB);
  const tenant = await world.createTenant();
  // The built-in one counts.
  const rows = Array.from({ length: limits.endpointsPerTenant - 2 }, (_, n) => `ep_filler${n}`);
  await env.DB.prepare(
    `INSERT INTO outbox_endpoints (tenant_id, id, channel, target, state, created_at, updated_at)
     SELECT ?1, value, 'webhook', 'https://example.com/', 'enabled', 0, 0 FROM json_each(?2)`,
  )
    .bind(tenant, JSON.stringify(rows))
    .run();
  const tools = world.registryTools();
  const last = await createEndpoint(tools, tenant, input);
  await expect(createEndpoint(tools, tenant, input)).resolves.toBeDefined();
  await expect(createEndpoint(tools, tenant, input)).rejects.toMatchObject({
    failure: { code: "endpoint_limit_reached", limit: limits.endpointsPerTenant },
  });
  await deleteEndpoint(tools, tenant, last.id);
  await deleteEndpoint(tools, tenant, "ep_filler0");
  await expect(createEndpoint(tools, tenant, input)).resolves.toBeDefined();
});

test.each([
  ["raw", undefined, "raw"],
  ["raw", null, "standard"],
  ["raw", "standard", "standard"],
  [undefined, "raw", "raw"],
  [undefined, undefined, "standard"],
] as const)("the payload format %s, changed by %s, is %s", async (before, change, after) => {
  const world = new World(env.DB);
  const tenant = await world.createTenant();
  const id = await world.createEndpoint(tenant, { payloadFormat: before });
  const tools = world.registryTools();
  await updateEndpoint(tools, tenant, id, { payloadFormat: change, description: "mine" });
  expect(await readEndpoint(world, tenant, id)).toMatchObject({ payloadFormat: after, description: "mine" });
});

test("a deleted endpoint keeps its row for the trace, and not its secrets", async () => {
  const world = new World(env.DB);
  const tenant = await world.createTenant();
  const endpoint = await createEndpoint(world.registryTools(), tenant, input);
  await deleteEndpoint(world.registryTools(), tenant, endpoint.id);
  await expect(readEndpoint(world, tenant, endpoint.id)).rejects.toMatchObject({
    code: "endpoint_not_found",
  });
  const row = await env.DB.prepare(
    "SELECT state, secret FROM outbox_endpoints WHERE tenant_id = ? AND id = ?",
  )
    .bind(tenant, endpoint.id)
    .first();
  expect(row).toEqual({ state: "deleted", secret: null });
});

describe("a list of endpoints", () => {
  const page = { limit: 50, after: undefined };

  async function createMany(world: World, tenant: string) {
    const webhook = await world.createEndpoint(tenant);
    const paused = await world.createEndpoint(tenant);
    await setEndpointPaused(world.registryTools(), tenant, paused, true);
    const disabled = await createEndpoint(world.registryTools(), tenant, {
      channel: "email",
      address: "ops@example.com",
    });
    await disableEndpoint(world.registryTools(), tenant, disabled.id);
    return { webhook, paused, disabled: disabled.id };
  }

  test("can be of one state, of one channel, or of both", async () => {
    const world = new World(env.DB);
    const tenant = await world.createTenant();
    const { webhook, paused, disabled } = await createMany(world, tenant);
    const ids = async (filter: EndpointFilter) =>
      (await listEndpoints(world.db, tenant, { ...page, ...filter })).entries.map(({ id }) => id).toSorted();
    expect(await ids({})).toEqual([webhook, paused, disabled].toSorted());
    expect(await ids({ state: "enabled" })).toEqual([webhook]);
    expect(await ids({ state: "paused" })).toEqual([paused]);
    expect(await ids({ channel: "email" })).toEqual([disabled]);
    expect(await ids({ channel: "webhook" })).toEqual([webhook, paused].toSorted());
    expect(await ids({ channel: "webhook", state: "disabled" })).toEqual([]);
  });

  test("reads the rows it shows, however many were deleted", async () => {
    const world = new World(env.DB);
    const tenant = await world.createTenant();
    await createMany(world, tenant);
    await env.DB.prepare(
      `INSERT INTO outbox_endpoints (tenant_id, id, channel, target, state, created_at, updated_at)
       SELECT ?1, 'ep_gone' || value, 'webhook', 'https://example.com/', 'deleted', ?2 + value, 0
       FROM json_each(?3)`,
    )
      .bind(tenant, world.now, JSON.stringify(Array.from({ length: 300 }, (_, n) => n)))
      .run();
    const { db, bill } = countingDb(env.DB);
    const { sql, params } = selectPage(db, tenant, page).toSQL();
    const { results } = await db
      .prepare(sql)
      .bind(...params)
      .all();
    expect(results).toHaveLength(3);
    // An entry of the index and a row for each, the built-in one among them.
    expect(bill.rowsRead).toBeLessThanOrEqual(2 * 4);
  });

  test("goes on after a cursor where many were made at the same instant", async () => {
    const world = new World(env.DB);
    const tenant = await world.createTenant();
    const ids = [];
    for (let n = 0; n < 5; n++) ids.push(await world.createEndpoint(tenant));
    const seen: string[] = [];
    let after: CreatedCursor | undefined;
    do {
      const { entries, next } = await listEndpoints(world.db, tenant, { limit: 2, after });
      seen.push(...entries.map(({ id }) => id));
      after = next ?? undefined;
    } while (after);
    expect(seen).toEqual(ids.toSorted().toReversed());
  });
});

test("no error of a write tells a secret, a header or a URL, to the caller or to the log", async () => {
  const world = new World(env.DB);
  const tenant = await world.createTenant();
  const dead: EndpointTools["db"] = {
    prepare: (query) => env.DB.prepare(query),
    batch: (statements) => env.DB.batch([...statements, env.DB.prepare("SELECT nothing FROM nowhere")]),
  };
  const secretHeaders = { authorization: "Bearer token-of-mine" };
  const tools = { ...world.registryTools(), db: dead };
  const error = await createEndpoint(tools, tenant, { ...input, secretHeaders }).catch((error) => error);
  expect(error).toBeInstanceOf(Error);
  expect(`${error} ${error.cause} ${describeError(error)}`).not.toMatch(
    /whsec_|s1\.|token-of-mine|example\.com/,
  );
  const single = await queryBuilder(env.DB)
    .update(endpoints)
    .set({ id: sql`nothing at all`, headers: { "x-key": "token-of-mine" } })
    .catch((error: unknown) => error);
  expect(String(single)).toContain("token-of-mine");
  expect(describeError(single)).toMatch(/^Error: D1_ERROR: /);
  expect(describeError(single)).not.toContain("token-of-mine");
});

describe("the record against an endpoint", () => {
  const sick = {
    failingSince: 1,
    failingTold: 70,
    heldUntil: 2,
    holds: 3,
    windowFrom: 4,
    windowAttempts: 5,
    windowFailures: 6,
  };
  const well = {
    failingSince: null,
    failingTold: 0,
    heldUntil: null,
    holds: 0,
    windowFrom: null,
    windowAttempts: 0,
    windowFailures: 0,
  };

  async function createSick(world: World, tenant: string): Promise<string> {
    const id = await world.createEndpoint(tenant, { rateLimit: 5 });
    await env.DB.prepare(
      `UPDATE outbox_endpoints SET failing_since = 1, failing_told = 70, held_until = 2, holds = 3, window_from = 4, window_attempts = 5,
         window_failures = 6, paced_to = 7 WHERE id = ?`,
    )
      .bind(id)
      .run();
    return id;
  }

  async function giveItsUrl(tools: EndpointTools, tenant: string, id: string) {
    const { target: url } = await readEndpoint(tools, tenant, id);
    return updateEndpoint(tools, tenant, id, { url });
  }

  type Act = (tools: EndpointTools, tenant: string, id: string) => Promise<unknown>;

  test.each<[string, Act, object, boolean]>([
    ["enabled", enableEndpoint, well, true],
    ["resumed", (...args) => setEndpointPaused(...args, false), well, true],
    [
      "given another URL",
      (...args) => updateEndpoint(...args, { url: "https://example.net/", signingSecret: "keep" }),
      well,
      true,
    ],
    ["given the URL it has", giveItsUrl, sick, false],
    ["paused", (...args) => setEndpointPaused(...args, true), sick, false],
    ["described", (...args) => updateEndpoint(...args, { description: "mine" }), sick, false],
  ])(
    "%s: is forgotten when there is reason to try again, and the relay woken",
    async (_, act, left, woken) => {
      const world = new World(env.DB);
      const tenant = await world.createTenant();
      const id = await createSick(world, tenant);
      await world.ask((tools) => act(tools, tenant, id));
      expect(await readEndpoint(world, tenant, id)).toMatchObject({ ...left, pacedTo: 7 });
      expect(world.alarms.has(tenant)).toBe(woken);
    },
  );

  test("another rate limit begins anew, and wakes the relay; null takes it away", async () => {
    const world = new World(env.DB);
    const tenant = await world.createTenant();
    for (const rateLimit of [0.5, null]) {
      const id = await createSick(world, tenant);
      await world.ask((tools) => updateEndpoint(tools, tenant, id, { rateLimit }));
      expect(await readEndpoint(world, tenant, id)).toMatchObject({ ...sick, rateLimit, pacedTo: null });
      expect(world.alarms.delete(tenant)).toBe(true);
    }
  });
});
