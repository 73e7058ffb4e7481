import { presentTenant, tenantsPage } from "../../answers/tenants.ts";
import {
  createTenant,
  deleteTenant,
  readTenant,
  setTenantPaused,
  updateTenant,
} from "../../registry/tenants.ts";
import { once } from "../once.ts";
import { router } from "../router.ts";
import * as operations from "./operations.ts";

export const tenantRoutes = router()
  .openapi(operations.createTenantOperation, async (c) => {
    const { tenant, created } = await createTenant(c.var.tools, c.req.valid("json"));
    return c.json(presentTenant(tenant), created ? 201 : 200);
  })
  .openapi(operations.listTenantsOperation, async (c) => {
    return c.json(await tenantsPage(c.var.tools.db, c.req.valid("query")), 200);
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
    return c.body(null, 204);
  })
  .openapi(operations.pauseTenantOperation, async (c) => {
    return once(c, async (tools) => {
      return c.json(presentTenant(await setTenantPaused(tools, c.req.valid("param").tenant, true)), 200);
    });
  })
  .openapi(operations.resumeTenantOperation, async (c) => {
    return once(c, async (tools) => {
      return c.json(presentTenant(await setTenantPaused(tools, c.req.valid("param").tenant, false)), 200);
    });
  });
