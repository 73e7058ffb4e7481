import { auditOfAllPage, auditPage } from "../../answers/audit.ts";
import { router } from "../router.ts";
import * as operations from "./operations.ts";

export const auditRoutes = router()
  .openapi(operations.listAuditOperation, async (c) => {
    const { tenant } = c.req.valid("param");
    const forTenant = c.var.caller.kind === "tenant";
    return c.json(await auditPage(c.var.tools.db, tenant, c.req.valid("query"), forTenant), 200);
  })
  .openapi(operations.listAuditOfAllOperation, async (c) =>
    c.json(await auditOfAllPage(c.var.tools.db, c.req.valid("query")), 200),
  );
