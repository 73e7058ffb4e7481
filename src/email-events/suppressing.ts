import type { EventStatus, SuppressionReason } from "../domain/email-status.ts";
import { emailEventLimits as limits } from "../platform/email-event-limits.ts";
import type { MatchedEvent } from "./match-events.ts";
import type { Suppressing } from "./statements.ts";

const { softBounce, hardBounce } = limits.suppressedMs;

/** Reasons by status, and for how long; null: for ever. */
const REASONS: Readonly<
  Partial<Record<EventStatus, { reason: Exclude<SuppressionReason, "by_request">; forMs: number | null }>>
> = {
  soft_bounced: { reason: "soft_bounce", forMs: softBounce },
  hard_bounced: { reason: "hard_bounce", forMs: hardBounce },
  complained: { reason: "complaint", forMs: null },
};

/** Suppression of an event's address. Undefined: it suppresses nothing, or it is not certain that it means this address. */
export function suppressingBy(event: MatchedEvent): Suppressing | undefined {
  const found = REASONS[event.status];
  if (!found || !event.isCertain) return undefined;
  return { event, reason: found.reason, until: found.forMs === null ? null : event.at + found.forMs };
}
