import type { Now } from "../trace/now.ts";
import type { Stats } from "../trace/stats.ts";
import { toIso } from "./to-iso.ts";

export function presentStats({ span, ...stats }: Stats) {
  return {
    ...stats,
    ...presentNow(stats),
    span: { since: toIso(span.since), until: toIso(span.until) },
  };
}

export function presentNow({ at, now, endpoints }: Now) {
  return { at: toIso(at), now: { ...now, oldestLateAt: toIso(now.oldestLateAt) }, endpoints };
}
