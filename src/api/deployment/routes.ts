import {
  deadLetterGroupsOfAll,
  deadLettersOfAllPage,
  failingEndpointsPage,
  presentTroubles,
  searchPage,
} from "../../answers/deployment.ts";
import { readKeptEvents } from "../../trace/deployment/kept-events.ts";
import { countDeployment } from "../../trace/deployment/overview.ts";
import { readDeploymentOutcomes, readSummedUntil } from "../../trace/deployment/series.ts";
import { listTroubles } from "../../trace/deployment/troubles.ts";
import type { ApiTools } from "../context.ts";
import { presentHealth } from "../health/answers.ts";
import { router } from "../router.ts";
import { presentDeployment } from "./deployment-answers.ts";
import * as operations from "./operations.ts";
import { presentOverview } from "./present-overview.ts";

/** Reads of all tenants at once. */
export const deploymentRoutes = router()
  .openapi(operations.readDeploymentOperation, async (c) => {
    const { tools } = c.var;
    const report = await reportOf(tools);
    const outcomesUntil = await readSummedUntil(tools.db);
    const events = await readKeptEvents(tools.db);
    const health = presentHealth(report, tools.storage.maxBytes, tools.clock.now());
    return c.json(presentDeployment(tools, outcomesUntil, events, health), 200);
  })
  .openapi(operations.readOverviewOperation, async (c) => {
    const { db, clock, storage } = c.var.tools;
    const report = await reportOf(c.var.tools);
    const now = clock.now();
    const counts = await countDeployment(db, report.lateTenants, report.overdue);
    const outcomes = await readDeploymentOutcomes(db);
    return c.json(presentOverview(counts, outcomes, presentHealth(report, storage.maxBytes, now)), 200);
  })
  .openapi(operations.listTroublesOperation, async (c) => {
    const { lateTenants, overdue, sweptAt } = await reportOf(c.var.tools);
    const found = await listTroubles(c.var.tools.db, lateTenants, overdue <= lateTenants.length);
    return c.json(presentTroubles(found, sweptAt), 200);
  })
  .openapi(operations.listDeadLettersOfAllOperation, async (c) =>
    c.json(await deadLettersOfAllPage(c.var.tools.db, c.req.valid("query")), 200),
  )
  .openapi(operations.groupDeadLettersOfAllOperation, async (c) =>
    c.json(await deadLetterGroupsOfAll(c.var.tools.db, c.req.valid("query")), 200),
  )
  .openapi(operations.listFailingEndpointsOperation, async (c) => {
    const { db, clock, disableAfterMs } = c.var.tools;
    const budgeting = { disableAfterMs, now: clock.now() };
    return c.json(await failingEndpointsPage(db, c.req.valid("query"), budgeting), 200);
  })
  .openapi(operations.searchDeploymentOperation, async (c) =>
    c.json(await searchPage(c.var.tools.db, c.req.valid("query")), 200),
  );

const reportOf = ({ db, clock, report }: ApiTools) => report.read(db, clock.now());
