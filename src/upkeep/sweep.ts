import type { Database } from "../db/database.ts";
import type { Clock } from "../platform/clock.ts";
import { limits } from "../platform/limits.ts";
import { describeError, type Log } from "../platform/log.ts";
import { selectOverdueTenants } from "./statements.ts";

export interface SweepTools {
  db: Database;
  clock: Clock;
  log: Log;
  /** Reaches a tenant's relay. */
  callRelay: (tenantId: string, at: number) => Promise<void>;
}

export interface OverdueTenant {
  tenant_id: string;
  due_at: number;
}

/** The cron: wakes every relay whose tenant has deliveries overdue. Covers lost wakes and lost alarms. Never throws. */
export async function sweep(tools: SweepTools): Promise<void> {
  const startedAt = tools.clock.now();
  try {
    const overdue = await findOverdue(tools.db, startedAt - limits.sweepGraceMs, limits.tenantsPerSweep);
    const failed = await wakeAll(tools, overdue);
    const durationMs = tools.clock.now() - startedAt;
    tools.log("sweep.done", {
      tenants: overdue.length,
      failed,
      oldestDueAt: overdue[0]?.due_at ?? null,
      durationMs,
    });
  } catch (error) {
    tools.log("sweep.failed", { error: describeError(error) });
  }
}

/** The tenants with deliveries due before an instant, longest overdue first. */
export async function findOverdue(db: Database, before: number, limit: number): Promise<OverdueTenant[]> {
  const { results } = await selectOverdueTenants(db, before, limit).all<OverdueTenant>();
  return results;
}

async function wakeAll(tools: SweepTools, overdue: readonly OverdueTenant[]): Promise<number> {
  let failed = 0;
  for (let from = 0; from < overdue.length; from += limits.wakesAtOnce) {
    const group = overdue.slice(from, from + limits.wakesAtOnce);
    const calls = group.map(({ tenant_id }) => tools.callRelay(tenant_id, tools.clock.now()));
    const results = await Promise.allSettled(calls);
    failed += results.filter(({ status }) => status === "rejected").length;
  }
  return failed;
}
