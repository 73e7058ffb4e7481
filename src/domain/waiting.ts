import { heldUntil, type Pace, pacedUntil } from "./pace.ts";
import type { EndpointState } from "./states.ts";

/** Obstacles that an unsettled delivery can wait for. */
export const WAITS = [
  "underWay",
  "tenantPaused",
  "endpointPaused",
  "endpointDisabled",
  "blockedKey",
  "key",
  "schedule",
  "retry",
  "breaker",
  "rateLimit",
  "relay",
] as const;
export type WaitingFor = (typeof WAITS)[number];

/** The obstacle that a delivery waits for, and the instant at which it ends. Null: unknown, as with a person who has to act. */
interface Waiting {
  waitingFor: WaitingFor;
  until: number | null;
}

/** Facts about an unsettled delivery, its endpoint and its tenant. */
interface Facts extends Pace {
  isLeased: boolean;
  /** It was tried since it was committed or replayed. */
  isTried: boolean;
  isBehind: boolean;
  /** The first delivery of its ordering key is dead. */
  isBlocked: boolean;
  endpointState: EndpointState;
  isTenantPaused: boolean;
}

/**
 * Tells what a delivery waits for at an instant: the obstacle that a person can remove first, then its place in its key, then
 * whatever ends last. With nothing before it, it waits for the relay to hand it over.
 */
export function waitingOf(facts: Facts, now: number): Waiting {
  const { due_at, isLeased, isTenantPaused, endpointState, isBehind, isBlocked } = facts;
  if (isLeased && due_at > now) return { waitingFor: "underWay", until: due_at };
  if (isTenantPaused) return { waitingFor: "tenantPaused", until: null };
  if (endpointState === "paused") return { waitingFor: "endpointPaused", until: null };
  if (endpointState === "disabled") return { waitingFor: "endpointDisabled", until: null };
  if (isBehind) return { waitingFor: isBlocked ? "blockedKey" : "key", until: null };
  const obstacles: { waitingFor: WaitingFor; until: number }[] = [
    { waitingFor: facts.isTried ? "retry" : "schedule", until: due_at },
    { waitingFor: "breaker", until: heldUntil(facts) },
    { waitingFor: "rateLimit", until: pacedUntil(facts) },
  ];
  const last = obstacles.reduce((one, other) => (other.until > one.until ? other : one));
  return last.until > now ? last : { waitingFor: "relay", until: null };
}
