import { z } from "@hono/zod-openapi";
import { listAudit, listAuditOfAll } from "../../trace/audit.ts";
import * as operations from "../operations/audit.ts";
import { nextCursor, positionFrom } from "../page.ts";
import { presentAudit } from "../present.ts";
import { router } from "../router.ts";

const place = z.strictObject({ at: z.int(), id: z.string() });

export const auditRoutes = router()
  .openapi(operations.listAuditOperation, async (c) => {
    const { cursor, ...query } = c.req.valid("query");
    const page = { ...query, after: positionFrom(cursor, place) };
    const { entries, next } = await listAudit(c.var.tools.db, c.req.valid("param").tenant, page);
    const forTenant = c.var.caller.kind === "tenant";
    return c.json(
      { data: entries.map((entry) => presentAudit(entry, forTenant)), nextCursor: nextCursor(next) },
      200,
    );
  })
  .openapi(operations.listAuditOfAllOperation, async (c) => {
    const { cursor, tenantId = null, ...query } = c.req.valid("query");
    const page = { ...query, tenantId, after: positionFrom(cursor, place) };
    const { entries, next } = await listAuditOfAll(c.var.tools.db, page);
    return c.json(
      { data: entries.map((entry) => presentAudit(entry, false)), nextCursor: nextCursor(next) },
      200,
    );
  });
