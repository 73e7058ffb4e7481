import { type Database, readRows } from "../../db/database.ts";
import type { LateTenant } from "../../db/schema.ts";
import type { Trouble } from "../../domain/troubles.ts";
import { deploymentLimits } from "../../platform/deployment-limits.ts";
import { limits } from "../../platform/limits.ts";
import {
  countDead,
  countFailing,
  countTenants,
  countTroubled,
  type DeadRow,
  type FailingRow,
  type TenantsRow,
  type TroubledRow,
} from "./overview-statements.ts";
import { SEARCHES } from "./trouble-statements.ts";

/** A bounded count. `capped`: counting stopped at a limit, and there may be more. */
type Count = { count: number; capped: boolean };

/** Counts of all tenants together. */
export interface DeploymentCounts {
  tenants: { active: Count; paused: Count; deleted: Count };
  /** Tenants with any trouble, and with each. Failing endpoints include held ones. */
  troubled: { any: Count } & Record<Exclude<Trouble, "heldEndpoints">, Count>;
  deadLetters: Count;
  blockedKeys: Count;
  /** Each endpoint counts once: `failing` are not held. */
  endpoints: { failing: Count; held: Count; disabled: Count };
}

/**
 * Counts all tenants, and what needs a person.
 * @param late tenants with late deliveries that the sweep has named
 * @param lateCount number of all tenants with late deliveries
 */
export async function countDeployment(
  db: Database,
  late: readonly LateTenant[],
  lateCount: number,
): Promise<DeploymentCounts> {
  const [[troubled], [dead], [failing], [tenants]] = await readRows<
    [TroubledRow, DeadRow, FailingRow, TenantsRow]
  >(db, [countTroubled(db, late), countDead(db), countFailing(db), countTenants(db)]);
  if (!troubled || !dead || !failing || !tenants) throw new Error("D1 answered a count without a row");
  const { tenants: most, inactive, deadLetters, heads, endpoints } = deploymentLimits.overviewCounted;
  const isPart = troubled.ends < SEARCHES;
  const { total, paused, deleted } = tenants;
  const isOpen = failing.looked >= endpoints;
  return {
    tenants: {
      active: {
        count: Math.max(total - paused - deleted, 0),
        capped: paused >= inactive || deleted >= inactive,
      },
      paused: upTo(inactive, paused),
      deleted: upTo(inactive, deleted),
    },
    troubled: {
      any: {
        count: troubled.troubled,
        capped: isPart || lateCount > late.length || troubled.complained > most,
      },
      late: { count: lateCount, capped: lateCount >= limits.tenantsPerSweep },
      blockedKeys: upTo(most, troubled.blocked),
      complaints: upTo(most, troubled.complained),
      disabledEndpoints: upTo(most, troubled.disabled),
      failingEndpoints: upTo(most, troubled.failing),
      deadLetters: { ...upTo(most, troubled.dead), capped: isPart },
    },
    deadLetters: { count: dead.dead_letters, capped: isPart || dead.dead_letters >= deadLetters },
    blockedKeys: { count: dead.blocked_keys, capped: isPart || dead.heads >= heads },
    endpoints: {
      failing: { count: failing.failing, capped: isOpen },
      held: { count: failing.held, capped: isOpen },
      disabled: upTo(endpoints, failing.disabled),
    },
  };
}

function upTo(most: number, count: number): Count {
  return { count: Math.min(count, most), capped: count >= most };
}
