import { limits } from "../../platform/limits.ts";
import type { Finding } from "./finding.ts";
import { inherited, pathOfInherited, type Target } from "./target.ts";

const LIMITS = { cpu_ms: limits.cpuMsPerInvocation, subrequests: limits.subrequestsPerInvocation };
const NAMES = Object.keys(LIMITS) as (keyof typeof LIMITS)[];

/**
 * Limits of Workers Paid. Cloudflare refuses an upload with them on the free plan, on which the outbox cannot run.
 */
export function wantPlan(target: Target): Partial<Finding> {
  const there = inherited(target, "limits");
  if (there === undefined) {
    const why = "Of Workers Paid: the outbox needs more than the free plan has.";
    return { additions: [{ kind: "set", at: [...target.path, "limits"], value: LIMITS, why }] };
  }
  const at = pathOfInherited(target, "limits");
  const low = NAMES.filter((name) => (there[name] ?? LIMITS[name]) < LIMITS[name]);
  return {
    additions: NAMES.filter((name) => there[name] === undefined).map((name) => ({
      kind: "set",
      at: [...at, name],
      value: LIMITS[name],
    })),
    notes: low.map(
      (name) =>
        `limits.${name} in ${target.where} should be at least ${LIMITS[name]}, with which the outbox reckons: it is ${there[name]}.`,
    ),
  };
}
