import { z } from "@hono/zod-openapi";
import { listTenants } from "../../registry/list-tenants.ts";
import {
  createTenant,
  deleteTenant,
  readTenant,
  setTenantPaused,
  updateTenant,
} from "../../registry/tenants.ts";
import { once } from "../once.ts";
import * as operations from "../operations/tenants.ts";
import { nextCursor, positionFrom } from "../page.ts";
import { presentTenant } from "../present.ts";
import { router } from "../router.ts";

const position = z.strictObject({ createdAt: z.int(), id: z.string() });

export const tenantRoutes = router()
  .openapi(operations.createTenantOperation, async (c) => {
    const { tenant, created } = await createTenant(c.var.tools, c.req.valid("json"));
    return c.json(presentTenant(tenant), created ? 201 : 200);
  })
  .openapi(operations.listTenantsOperation, async (c) => {
    const { cursor, ...query } = c.req.valid("query");
    const page = { ...query, after: positionFrom(cursor, position) };
    const { tenants, next } = await listTenants(c.var.tools.db, page);
    return c.json({ data: tenants.map(presentTenant), nextCursor: nextCursor(next) }, 200);
  })
  .openapi(operations.readTenantOperation, async (c) => {
    return c.json(presentTenant(await readTenant(c.var.tools, c.req.valid("param").tenant)), 200);
  })
  .openapi(operations.updateTenantOperation, async (c) => {
    const { tenant } = c.req.valid("param");
    return c.json(presentTenant(await updateTenant(c.var.tools, tenant, c.req.valid("json"))), 200);
  })
  .openapi(operations.deleteTenantOperation, async (c) => {
    const { tenant } = c.req.valid("param");
    await deleteTenant(c.var.tools, tenant);
    c.var.tools.wake(tenant, c.var.tools.clock.now());
    return c.body(null, 204);
  })
  .openapi(operations.pauseTenantOperation, async (c) => {
    return once(c, async (tools) => {
      return c.json(presentTenant(await setTenantPaused(tools, c.req.valid("param").tenant, true)), 200);
    });
  })
  .openapi(operations.resumeTenantOperation, async (c) => {
    return once(c, async (tools) => {
      const tenant = await setTenantPaused(tools, c.req.valid("param").tenant, false);
      tools.wake(tenant.id, tools.clock.now());
      return c.json(presentTenant(tenant), 200);
    });
  });
