import { presentPortalLink } from "../../answers/portal-links.ts";
import { createPortalLink } from "../../registry/portal-links.ts";
import { router } from "../router.ts";
import * as operations from "./operations.ts";

export const portalLinkRoutes = router().openapi(operations.createPortalLinkOperation, async (c) => {
  const { tools } = c.var;
  const publicUrl = tools.portal.url ?? new URL(c.req.url).origin;
  const { tenant } = c.req.valid("param");
  const link = await createPortalLink(tools, tenant, c.req.valid("json"), publicUrl);
  return c.json(presentPortalLink(link), 201);
});
