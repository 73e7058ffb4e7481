import type { EndpointHealth } from "../trace/endpoint-health.ts";
import type { HealthSummary } from "../trace/health-summaries.ts";
import { toIso } from "./to-iso.ts";

export function presentEndpointHealth({ at, breaker, failing, waiting, ...rest }: EndpointHealth) {
  return {
    ...rest,
    at: toIso(at),
    breaker: { ...breaker, until: toIso(breaker.until) },
    failing: presentFailing(failing),
    waiting: { ...waiting, oldestLateAt: toIso(waiting.oldestLateAt) },
  };
}

function presentFailing(failing: EndpointHealth["failing"]) {
  return (
    failing && {
      ...failing,
      since: toIso(failing.since),
      lastAt: toIso(failing.lastAt),
      disabledAt: toIso(failing.disabledAt),
    }
  );
}

export function presentHealthSummary({ breaker, failing, hours, ...rest }: HealthSummary) {
  return {
    ...rest,
    breaker: { ...breaker, until: toIso(breaker.until) },
    failing: presentFailing(failing),
    hours: hours.map(({ at, ...attempts }) => ({ at: toIso(at), ...attempts })),
  };
}
