import type { Stats } from "../trace/stats.ts";
import { toIso } from "./to-iso.ts";

export function presentStats({ at, span, now, ...rest }: Stats) {
  return {
    at: toIso(at),
    span: { since: toIso(span.since), until: toIso(span.until) },
    ...rest,
    now: { ...now, oldestLateAt: toIso(now.oldestLateAt) },
  };
}
