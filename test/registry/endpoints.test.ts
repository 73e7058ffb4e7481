import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { limits } from "../../src/platform/limits.ts";
import { createEndpoint, deleteEndpoint, readEndpoint } from "../../src/registry/endpoints.ts";
import { World } from "../support/world.ts";

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
