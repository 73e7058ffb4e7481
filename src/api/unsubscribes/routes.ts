import { presentUnsubscribe, unsubscribesPage } from "../../answers/unsubscribes.ts";
import { putUnsubscribe, removeUnsubscribe } from "../../registry/unsubscribes.ts";
import { router } from "../router.ts";
import * as operations from "./operations.ts";

export const unsubscribeRoutes = router()
  .openapi(operations.listUnsubscribesOperation, async (c) => {
    const { tenant } = c.req.valid("param");
    return c.json(await unsubscribesPage(c.var.tools, tenant, c.req.valid("query")), 200);
  })
  .openapi(operations.putUnsubscribeOperation, async (c) => {
    const { tenant } = c.req.valid("param");
    const unsubscribe = await putUnsubscribe(c.var.tools, tenant, c.req.valid("json"));
    return c.json(presentUnsubscribe(unsubscribe), 200);
  })
  .openapi(operations.removeUnsubscribeOperation, async (c) => {
    const { tenant } = c.req.valid("param");
    await removeUnsubscribe(c.var.tools, tenant, c.req.valid("query"));
    return c.body(null, 204);
  });
