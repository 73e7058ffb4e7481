import type { RowOf } from "../db/row.ts";
import type { deliveries, LateTenant } from "../db/schema.ts";
import { limits } from "../platform/limits.ts";
import { describeError } from "../platform/log.ts";
import { within } from "../platform/within.ts";
import { type ReportTools, report } from "./report.ts";
import { selectOverdueTenants } from "./statements.ts";
import { type WarningTools, warn } from "./warnings.ts";

export interface SweepTools extends ReportTools, WarningTools {
  /** Reaches a tenant's relay. */
  callRelay: (tenantId: string, at: number) => Promise<void>;
}

export interface OverdueTenant extends RowOf<typeof deliveries, "tenant_id"> {
  due_at: number;
  /** Number of overdue tenants, number of late ones, and the earliest due instant. */
  tenants: number;
  late: number;
  oldest_due_at: number;
}

/**
 * The cron: wakes every relay whose tenant has deliveries overdue. Covers lost wakes and lost alarms. Tells by system events what
 * wants a person. Answers true if it ended well; never throws.
 */
export async function sweep(tools: SweepTools): Promise<boolean> {
  const { clock, log } = tools;
  const startedAt = clock.now();
  try {
    const { overdue, databaseBytes } = await findOverdue(tools, startedAt);
    const [first] = overdue;
    const late = { overdue: first?.late ?? 0, oldestDueAt: first?.oldest_due_at ?? null };
    const endsAt = startedAt + limits.sweepMs;
    const lateTenants = longestLate(overdue, startedAt);
    const reported = report(tools, { ...late, databaseBytes, lateTenants }, startedAt);
    const warned = warn(tools, { overdue, databaseBytes }, startedAt, endsAt);
    const woken = await wakeAll(tools, overdue, endsAt);
    await reported;
    const told = (await warned).map((tenant_id) => ({ tenant_id }));
    await wakeAll(tools, told, endsAt);
    log("sweep.done", {
      tenants: first?.tenants ?? 0,
      ...woken,
      oldestDueAt: late.oldestDueAt,
      databaseBytes,
      durationMs: clock.now() - startedAt,
    });
    return true;
  } catch (error) {
    log("sweep.failed", { error: describeError(error) });
    return false;
  }
}

async function findOverdue({ db, clock }: SweepTools, now: number) {
  const statement = selectOverdueTenants(db, now - limits.sweepGraceMs, limits.tenantsPerSweep, {
    turn: turnAt(now),
    lateBefore: now - limits.lateMs,
  });
  const { results, meta } = await within(clock, limits.d1AnswerMs, statement.all<OverdueTenant>());
  return { overdue: results, databaseBytes: meta.size_after ?? 0 };
}

/** The longest late of the tenants that were found, which begin anywhere in their order. */
function longestLate(overdue: readonly OverdueTenant[], now: number): LateTenant[] {
  return overdue
    .filter(({ due_at }) => due_at < now - limits.lateMs)
    .toSorted((one, other) => one.due_at - other.due_at)
    .slice(0, limits.lateTenantsKept)
    .map(({ tenant_id, due_at }) => ({ tenantId: tenant_id, since: due_at }));
}

/** Number of unreached tenants that the log names. */
const NAMED_AT_MOST = 10;

const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2;

/**
 * Starting point of a sweep, from 0 to 1, so that unresponsive relays do not use up the time of every sweep. Steps of
 * the golden ratio spread evenly.
 */
function turnAt(now: number): number {
  return (Math.floor(now / limits.cronMs) * GOLDEN_RATIO) % 1;
}

/**
 * Several run at once, each taking the next tenant after an answer, so that an unresponsive relay holds up no other.
 */
async function wakeAll(tools: SweepTools, tenants: readonly { tenant_id: string }[], endsAt: number) {
  const { clock, callRelay } = tools;
  const left = tenants.values();
  const count = { woken: 0, failed: 0, unreached: [] as string[] };
  const wakeNext = async () => {
    for (const { tenant_id } of left) {
      if (clock.now() >= endsAt) return;
      try {
        await within(clock, limits.wakeAnswerMs, callRelay(tenant_id, clock.now()));
        count.woken++;
      } catch {
        count.failed++;
        if (count.unreached.length < NAMED_AT_MOST) count.unreached.push(tenant_id);
      }
    }
  };
  await Promise.all(Array.from({ length: limits.wakesAtOnce }, wakeNext));
  return count;
}
