import { failuresPage, presentFailureGroups } from "../../answers/failures.ts";
import { groupFailures } from "../../trace/failures.ts";
import { router } from "../router.ts";
import * as operations from "./operations.ts";

/** Reads of the attempts that failed. */
export const failureRoutes = router()
  .openapi(operations.listFailuresOperation, async (c) => {
    const { tenant } = c.req.valid("param");
    return c.json(await failuresPage(c.var.tools.db, tenant, c.req.valid("query")), 200);
  })
  .openapi(operations.groupFailuresOperation, async (c) => {
    const { tenant } = c.req.valid("param");
    const { db, clock } = c.var.tools;
    const groups = await groupFailures(db, tenant, c.req.valid("query"), clock.now());
    return c.json(presentFailureGroups(groups), 200);
  });
