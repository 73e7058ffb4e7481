import { presentStats } from "../../answers/stats.ts";
import { readStats } from "../../trace/stats.ts";
import { router } from "../router.ts";
import { readStatsOperation } from "./operations.ts";

export const statsRoute = router().openapi(readStatsOperation, async (c) => {
  const { db, clock } = c.var.tools;
  const { tenant } = c.req.valid("param");
  return c.json(presentStats(await readStats(db, tenant, c.req.valid("query"), clock.now())), 200);
});
