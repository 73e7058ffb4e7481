import { presentPortalLink } from "../../answers/portal-links.ts";
import { createPortalLink } from "../../registry/portal-links.ts";
import { router } from "../router.ts";
import * as operations from "./operations.ts";

export const portalLinkRoutes = router().openapi(operations.createPortalLinkOperation, async (c) => {
  const { tools } = c.var;
  const { origin, host } = new URL(c.req.url);
  const isAssumed = tools.portal.url === undefined && tools.environment !== "development";
  if (isAssumed) tools.doorMemory.tellUrlMissing(host, tools.log);
  const { tenant } = c.req.valid("param");
  const link = await createPortalLink(tools, tenant, c.req.valid("json"), tools.portal.url ?? origin);
  return c.json(presentPortalLink(link), 201);
});
