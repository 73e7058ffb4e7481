import { Hono } from "hono";
import {
  createTenant,
  deleteTenant,
  readTenant,
  setTenantPaused,
  tenantChange,
  tenantInput,
  updateTenant,
} from "../../registry/tenants.ts";
import type { ApiEnv } from "../app.ts";
import { presentTenant } from "../present.ts";
import { readBody } from "../read-body.ts";

export const tenantRoutes = new Hono<ApiEnv>()
  .post("/", async (c) => {
    const { tenant, created } = await createTenant(c.var.tools, await readBody(c, tenantInput));
    return c.json(presentTenant(tenant), created ? 201 : 200);
  })
  .get("/:tenant", async (c) => {
    return c.json(presentTenant(await readTenant(c.var.tools, c.req.param("tenant"))));
  })
  .patch("/:tenant", async (c) => {
    const change = await readBody(c, tenantChange);
    return c.json(presentTenant(await updateTenant(c.var.tools, c.req.param("tenant"), change)));
  })
  .post("/:tenant/pause", async (c) => {
    return c.json(presentTenant(await setTenantPaused(c.var.tools, c.req.param("tenant"), true)));
  })
  .post("/:tenant/resume", async (c) => {
    const tenant = await setTenantPaused(c.var.tools, c.req.param("tenant"), false);
    c.var.tools.wake(tenant.id, c.var.tools.clock.now());
    return c.json(presentTenant(tenant));
  })
  .delete("/:tenant", async (c) => {
    const tenantId = c.req.param("tenant");
    await deleteTenant(c.var.tools, tenantId);
    c.var.tools.wake(tenantId, c.var.tools.clock.now());
    return c.body(null, 204);
  });
