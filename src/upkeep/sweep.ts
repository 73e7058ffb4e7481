import { limits } from "../platform/limits.ts";
import { describeError } from "../platform/log.ts";
import { type ReportTools, report } from "./report.ts";
import { selectOverdueTenants } from "./statements.ts";

export interface SweepTools extends ReportTools {
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
    const { results: overdue, meta } = await selectOverdueTenants(
      tools.db,
      startedAt - limits.sweepGraceMs,
      limits.tenantsPerSweep,
    ).all<OverdueTenant>();
    const databaseBytes = meta.size_after ?? 0;
    const reported = report(tools, { overdue, databaseBytes }, startedAt);
    const failed = await wakeAll(tools, overdue);
    await reported;
    const durationMs = tools.clock.now() - startedAt;
    tools.log("sweep.done", {
      tenants: overdue.length,
      failed,
      oldestDueAt: overdue[0]?.due_at ?? null,
      databaseBytes,
      durationMs,
    });
  } catch (error) {
    tools.log("sweep.failed", { error: describeError(error) });
  }
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
