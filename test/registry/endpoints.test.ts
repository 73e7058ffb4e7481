import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { limits } from "../../src/platform/limits.ts";
import {
  createEndpoint,
  deleteEndpoint,
  type EndpointTools,
  enableEndpoint,
  readEndpoint,
  setEndpointPaused,
  updateEndpoint,
} from "../../src/registry/endpoints.ts";
import { World } from "../support/world.ts";

const HOOK = "https://example.com/hook";
const input = { channel: "webhook", url: "https://example.com/" } as const;

test("a tenant has so many endpoints and no more; a deleted one makes room", async () => {
  const world = new World(env.DB);
  const tenant = await world.createTenant();
  // The built-in one counts.
  const rows = Array.from({ length: limits.endpointsPerTenant - 2 }, (_, n) => `ep_filler${n}`);
  await env.DB.prepare(
    `INSERT INTO endpoints (tenant_id, id, channel, target, state, created_at, updated_at)
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

test("a deleted endpoint keeps its row for the trace, and not its secrets", async () => {
  const world = new World(env.DB);
  const tenant = await world.createTenant();
  const endpoint = await createEndpoint(world.registryTools(), tenant, input);
  await deleteEndpoint(world.registryTools(), tenant, endpoint.id);
  await expect(readEndpoint(world, tenant, endpoint.id)).rejects.toMatchObject({
    code: "endpoint_not_found",
  });
  const row = await env.DB.prepare("SELECT state, secret FROM endpoints WHERE tenant_id = ? AND id = ?")
    .bind(tenant, endpoint.id)
    .first();
  expect(row).toEqual({ state: "deleted", secret: null });
});

describe("what is held against an endpoint", () => {
  const sick = {
    failingSince: 1,
    heldUntil: 2,
    holds: 3,
    windowFrom: 4,
    windowAttempts: 5,
    windowFailures: 6,
  };
  const well = {
    failingSince: null,
    heldUntil: null,
    holds: 0,
    windowFrom: null,
    windowAttempts: 0,
    windowFailures: 0,
  };

  async function createSick(world: World, tenant: string): Promise<string> {
    const id = await world.createEndpoint(tenant, { rateLimit: 5 });
    await env.DB.prepare(
      `UPDATE endpoints SET failing_since = 1, held_until = 2, holds = 3, window_from = 4, window_attempts = 5,
         window_failures = 6, paced_to = 7 WHERE id = ?`,
    )
      .bind(id)
      .run();
    return id;
  }

  type Act = (tools: EndpointTools, tenant: string, id: string) => Promise<unknown>;

  test.each<[string, Act, object, boolean]>([
    ["enabled", enableEndpoint, well, true],
    ["resumed", (...args) => setEndpointPaused(...args, false), well, true],
    ["given another URL", (...args) => updateEndpoint(...args, { url: "https://example.net/" }), well, true],
    ["given the URL it has", (...args) => updateEndpoint(...args, { url: HOOK }), sick, false],
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
