import { router } from "../router.ts";
import { presentHealth } from "./answers.ts";
import { healthOperation } from "./operations.ts";

export const healthRoute = router().openapi(healthOperation, async (c) => {
  const { db, clock, report, storage } = c.var.tools;
  const now = clock.now();
  const health = presentHealth(await report.read(db, now), storage.maxBytes, now);
  return health.status === "ok" ? c.json(health, 200) : c.json(health, 503);
});
