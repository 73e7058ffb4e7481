import { limits } from "../platform/limits.ts";
import { describeError } from "../platform/log.ts";
import { within } from "../platform/within.ts";
import { type ReportTools, report } from "./report.ts";
import { selectOverdueTenants } from "./statements.ts";

export interface SweepTools extends ReportTools {
  /** Reaches a tenant's relay. */
  callRelay: (tenantId: string, at: number) => Promise<void>;
}

export interface OverdueTenant {
  tenant_id: string;
  due_at: number;
  /** How many tenants are overdue, and since when the first of them is. */
  tenants: number;
  oldest_due_at: number;
}

/** The cron: wakes every relay whose tenant has deliveries overdue. Covers lost wakes and lost alarms. Never throws. */
export async function sweep(tools: SweepTools): Promise<void> {
  const { db, clock, log } = tools;
  const startedAt = clock.now();
  try {
    const before = startedAt - limits.sweepGraceMs;
    const finding = selectOverdueTenants(
      db,
      before,
      limits.tenantsPerSweep,
      turnAt(startedAt),
    ).all<OverdueTenant>();
    const { results: overdue, meta } = await within(clock, limits.d1AnswerMs, finding);
    const databaseBytes = meta.size_after ?? 0;
    const reported = report(tools, { overdue, databaseBytes }, startedAt);
    const woken = await wakeAll(tools, overdue, startedAt + limits.sweepMs);
    await reported;
    log("sweep.done", {
      tenants: overdue[0]?.tenants ?? 0,
      woken: woken.answered,
      failed: woken.failed,
      oldestDueAt: overdue[0]?.oldest_due_at ?? null,
      databaseBytes,
      durationMs: clock.now() - startedAt,
    });
  } catch (error) {
    log("sweep.failed", { error: describeError(error) });
  }
}

const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2;

/** Where a sweep begins, from 0 to 1: relays that do not answer must not eat up the time of each. Steps of the golden ratio spread evenly. */
function turnAt(now: number): number {
  return (Math.floor(now / limits.cronMs) * GOLDEN_RATIO) % 1;
}

/** Some at once: who is answered takes the next, so that one that is not holds up nobody. */
async function wakeAll(tools: SweepTools, overdue: readonly OverdueTenant[], endsAt: number) {
  const { clock, callRelay } = tools;
  const left = overdue.values();
  const woken = { answered: 0, failed: 0 };
  const wakeNext = async () => {
    for (const { tenant_id } of left) {
      if (clock.now() >= endsAt) return;
      try {
        await within(clock, limits.wakeAnswerMs, callRelay(tenant_id, clock.now()));
        woken.answered++;
      } catch {
        woken.failed++;
      }
    }
  };
  await Promise.all(Array.from({ length: limits.wakesAtOnce }, wakeNext));
  return woken;
}
