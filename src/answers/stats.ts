import type { Now } from "../trace/now.ts";
import type { Stats } from "../trace/stats.ts";
import { toIso } from "./to-iso.ts";

export function presentStats({ span, ...stats }: Stats) {
  return {
    ...presentNow(stats),
    messages: stats.messages,
    deliveries: stats.deliveries,
    emails: stats.emails,
    span: { since: toIso(span.since), until: toIso(span.until) },
  };
}

export function presentNow({ at, now, complaints, ...counts }: Now) {
  return {
    at: toIso(at),
    now: { ...now, oldestLateAt: toIso(now.oldestLateAt) },
    ...counts,
    complaints: complaints && { ...complaints, toldAt: toIso(complaints.toldAt) },
  };
}
