import { toIso } from "../../answers/to-iso.ts";
import { TROUBLES, type Trouble } from "../../domain/troubles.ts";
import type { DeploymentCounts } from "../../trace/deployment/overview.ts";
import type { readDeploymentOutcomes } from "../../trace/deployment/series.ts";
import type { presentHealth } from "../health/answers.ts";

/**
 * Puts the counts of all tenants, their outcomes and the findings of the cron together. An endpoint whose latest attempt failed
 * is no reason for trouble: it is tried again by itself.
 */
export function presentOverview(
  counts: DeploymentCounts,
  { outcomesUntil, ...outcomes }: Awaited<ReturnType<typeof readDeploymentOutcomes>>,
  health: ReturnType<typeof presentHealth>,
) {
  const found = TROUBLES.filter((trouble) => hasTrouble(counts, trouble));
  const reasons = [...health.troubles, ...found];
  const status = reasons.length > 0 ? ("trouble" as const) : ("ok" as const);
  return { status, reasons, ...counts, outcomesUntil: toIso(outcomesUntil), ...outcomes, health };
}

function hasTrouble({ troubled, endpoints }: DeploymentCounts, trouble: Trouble): boolean {
  if (trouble === "failingEndpoints") return false;
  if (trouble === "heldEndpoints") return endpoints.held.count > 0;
  return troubled[trouble].count > 0;
}
