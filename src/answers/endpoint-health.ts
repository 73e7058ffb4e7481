import type { EndpointHealth } from "../trace/endpoint-health.ts";
import { toIso } from "./to-iso.ts";

export function presentEndpointHealth({ at, breaker, failing, waiting, ...rest }: EndpointHealth) {
  return {
    ...rest,
    at: toIso(at),
    breaker: { ...breaker, until: toIso(breaker.until) },
    failing: failing && {
      ...failing,
      since: toIso(failing.since),
      lastAt: toIso(failing.lastAt),
      disabledAt: toIso(failing.disabledAt),
    },
    waiting: { ...waiting, oldestLateAt: toIso(waiting.oldestLateAt) },
  };
}
