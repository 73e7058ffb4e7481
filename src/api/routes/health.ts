import { limits } from "../../platform/limits.ts";
import { findOverdue } from "../../upkeep/sweep.ts";
import { healthOperation } from "../operations/health.ts";
import { router } from "../router.ts";

export const healthRoute = router().openapi(healthOperation, async (c) => {
  const { db, clock } = c.var.tools;
  const now = clock.now();
  const overdue = await findOverdue(db, now - limits.lateMs, limits.tenantsPerSweep);
  const oldest = overdue[0]?.due_at;
  const late = oldest !== undefined && oldest < now - limits.overdueMs;
  const oldestDueAt = oldest === undefined ? null : new Date(oldest).toISOString();
  const health = { overdue: overdue.length, oldestDueAt };
  return late
    ? c.json({ status: "overdue" as const, ...health }, 503)
    : c.json({ status: "ok" as const, ...health }, 200);
});
