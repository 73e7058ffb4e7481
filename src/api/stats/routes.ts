import { presentSeries } from "../../answers/series.ts";
import { presentNow, presentStats } from "../../answers/stats.ts";
import { readDeploymentSeries } from "../../trace/deployment/series.ts";
import { readNow } from "../../trace/now.ts";
import { readSeries } from "../../trace/series.ts";
import { readStats } from "../../trace/stats.ts";
import { router } from "../router.ts";
import * as operations from "./operations.ts";

export const statsRoutes = router()
  .openapi(operations.readStatsOperation, async (c) => {
    const { db, clock } = c.var.tools;
    const { tenant } = c.req.valid("param");
    return c.json(presentStats(await readStats(db, tenant, c.req.valid("query"), clock.now())), 200);
  })
  .openapi(operations.readNowOperation, async (c) => {
    const { db, clock } = c.var.tools;
    return c.json(presentNow(await readNow(db, c.req.valid("param").tenant, clock.now())), 200);
  })
  .openapi(operations.readSeriesOperation, async (c) => {
    const { db, clock } = c.var.tools;
    const { tenant } = c.req.valid("param");
    return c.json(presentSeries(await readSeries(db, tenant, c.req.valid("query"), clock.now())), 200);
  })
  .openapi(operations.readDeploymentSeriesOperation, async (c) => {
    const { db, clock } = c.var.tools;
    return c.json(presentSeries(await readDeploymentSeries(db, c.req.valid("query"), clock.now())), 200);
  });
