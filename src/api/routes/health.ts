import { Hono } from "hono";
import { limits } from "../../platform/limits.ts";
import { findOverdue } from "../../upkeep/sweep.ts";
import type { ApiEnv } from "../app.ts";

/** Whether deliveries are being made: 503 once the oldest due one is more than five minutes late. */
export const healthRoute = new Hono<ApiEnv>().get("/health", async (c) => {
  const { db, clock } = c.var.tools;
  const now = clock.now();
  const overdue = await findOverdue(db, now - limits.lateMs, limits.tenantsPerSweep);
  const oldest = overdue[0]?.due_at;
  const late = oldest !== undefined && oldest < now - limits.overdueMs;
  return c.json(
    {
      status: late ? "overdue" : "ok",
      /** Tenants with deliveries that are late. */
      overdue: overdue.length,
      oldestDueAt: oldest === undefined ? null : new Date(oldest).toISOString(),
    },
    late ? 503 : 200,
  );
});
