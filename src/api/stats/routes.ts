import { presentSeries } from "../../answers/series.ts";
import { presentStats } from "../../answers/stats.ts";
import { readDeploymentSeries, readSeries } from "../../trace/series.ts";
import { readStats } from "../../trace/stats.ts";
import { router } from "../router.ts";
import { readDeploymentSeriesOperation, readSeriesOperation, readStatsOperation } from "./operations.ts";

export const statsRoutes = router()
  .openapi(readStatsOperation, async (c) => {
    const { db, clock } = c.var.tools;
    const { tenant } = c.req.valid("param");
    return c.json(presentStats(await readStats(db, tenant, c.req.valid("query"), clock.now())), 200);
  })
  .openapi(readSeriesOperation, async (c) => {
    const { db, clock } = c.var.tools;
    const { tenant } = c.req.valid("param");
    return c.json(presentSeries(await readSeries(db, tenant, c.req.valid("query"), clock.now())), 200);
  })
  .openapi(readDeploymentSeriesOperation, async (c) => {
    const { db, clock } = c.var.tools;
    return c.json(presentSeries(await readDeploymentSeries(db, c.req.valid("query"), clock.now())), 200);
  });
