import { TROUBLES, type Trouble } from "../../domain/troubles.ts";
import type { DeploymentCounts } from "../../trace/deployment/overview.ts";
import type { presentHealth } from "../health/answers.ts";

/** Puts the counts of all tenants and the findings of the cron together. Series of sums belong here, too. */
export function presentOverview(counts: DeploymentCounts, health: ReturnType<typeof presentHealth>) {
  const found = TROUBLES.filter((trouble) => hasTrouble(counts, trouble));
  const reasons = [...health.troubles, ...found];
  return { status: reasons.length > 0 ? ("trouble" as const) : ("ok" as const), reasons, ...counts, health };
}

function hasTrouble({ troubled, endpoints }: DeploymentCounts, trouble: Trouble): boolean {
  if (trouble === "heldEndpoints") return endpoints.held.count > 0;
  if (trouble === "failingEndpoints") return endpoints.failing.count > 0;
  return troubled[trouble].count > 0;
}
