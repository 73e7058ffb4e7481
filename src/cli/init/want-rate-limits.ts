import { limits } from "../../platform/limits.ts";
import type { Addition } from "./addition.ts";
import { bindingsOf } from "./bindings-of.ts";
import { type Finding, merge } from "./finding.ts";
import type { Target } from "./target.ts";

const LIMITS = { API_RATE: limits.apiRequestsPerPeriod, ADDRESS_RATE: limits.addressRequestsPerPeriod };
const NAMES = Object.keys(LIMITS) as (keyof typeof LIMITS)[];
const FIRST_NAMESPACE = 1001;
const WHY = "Requests of each token of a tenant, and of each address without a valid token.";

/** The limits of the HTTP API. A Worker without them works, but is open to floods. */
export function wantRateLimits(target: Target): Partial<Finding> {
  const lacking = NAMES.filter((name) => !target.section.ratelimits?.some((one) => one.name === name));
  const ids = freeNamespaces(target);
  return merge(lacking.map((name, position) => wantOne(target, name, ids(), position === 0)));
}

function wantOne(
  { section, path, where }: Target,
  name: keyof typeof LIMITS,
  id: string,
  isFirst: boolean,
): Partial<Finding> {
  const taken = bindingsOf(section).get(name);
  if (taken !== undefined) {
    return {
      conflicts: [
        `${name} in ${where} is taken (${taken}): the outbox needs the name for a rate limit. Give yours another.`,
      ],
    };
  }
  const simple = { limit: LIMITS[name], period: limits.apiPeriodSeconds };
  const value = { name, namespace_id: id, simple };
  const addition: Addition = { kind: "append", at: [...path, "ratelimits"], value };
  return { additions: [isFirst ? { ...addition, why: WHY } : addition] };
}

/**
 * Namespaces that the configuration does not use. Other Workers of the account share them, but init cannot see those.
 */
function freeNamespaces({ config }: Target): () => string {
  const taken = [config, ...Object.values(config.env ?? {})].flatMap(({ ratelimits = [] }) =>
    ratelimits.map(({ namespace_id }) => String(namespace_id)),
  );
  let next = FIRST_NAMESPACE;
  return () => {
    while (taken.includes(String(next))) next++;
    return String(next++);
  };
}
