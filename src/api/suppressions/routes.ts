import { presentSuppression, suppressionsPage } from "../../answers/suppressions.ts";
import { importSuppressions } from "../../registry/import-suppressions.ts";
import { liftSuppression, putSuppression } from "../../registry/suppressions.ts";
import { once } from "../once.ts";
import { router } from "../router.ts";
import * as operations from "./operations.ts";

export const suppressionRoutes = router()
  .openapi(operations.listSuppressionsOperation, async (c) => {
    const { tenant } = c.req.valid("param");
    return c.json(await suppressionsPage(c.var.tools, tenant, c.req.valid("query")), 200);
  })
  .openapi(operations.putSuppressionOperation, async (c) => {
    const { tenant } = c.req.valid("param");
    const suppression = await putSuppression(c.var.tools, tenant, c.req.valid("json"));
    return c.json(presentSuppression(suppression), 200);
  })
  .openapi(operations.importSuppressionsOperation, async (c) => {
    const { tenant } = c.req.valid("param");
    return once(c, async (tools) =>
      c.json(await importSuppressions(tools, tenant, c.req.valid("json")), 200),
    );
  })
  .openapi(operations.liftSuppressionOperation, async (c) => {
    const { tenant } = c.req.valid("param");
    await liftSuppression(c.var.tools, tenant, c.req.valid("query").address);
    return c.body(null, 204);
  });
