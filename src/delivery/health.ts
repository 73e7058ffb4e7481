import { budgetUsed } from "../domain/failure-budget.ts";
import { limits } from "../platform/limits.ts";

/** Memory of an endpoint's latest answers. Instants in milliseconds. */
export interface Health {
  /** Instant since which every attempt has failed, and of the latest failure. */
  failingSince: number | null;
  failedAt: number | null;
  /**
   * Share of the failure budget, in percent, that was last told of since every attempt has failed. 0: none; 1: none, but one of
   * an earlier run of failures, whose end nobody was told of.
   */
  failingTold: number;
  /** The attempts counted since a failure, while the breaker is closed. */
  windowFrom: number | null;
  windowAttempts: number;
  windowFailures: number;
  /** Instant until which the breaker is open; afterwards one delivery at a time is tried, until one succeeds. */
  heldUntil: number | null;
  /** Number of times it was opened, or kept open, since the last success. */
  holds: number;
}

export const WELL: Health = {
  failingSince: null,
  failedAt: null,
  failingTold: 0,
  windowFrom: null,
  windowAttempts: 0,
  windowFailures: 0,
  heldUntil: null,
  holds: 0,
};

/**
 * Sign that an attempt gives of its endpoint's health. `refused`: its shared account refuses everybody. `held`: nothing was tried,
 * because it does.
 */
export type HealthSignal = "well" | "failing" | "refused" | "held";

/** Attempts at one endpoint, and the number that failed by its fault. */
export interface Tally {
  attempts: number;
  failures: number;
  /** True: further attempts would only fail, too. */
  holds?: boolean;
}

export function tallyOf(signals: readonly HealthSignal[]): Tally {
  const tried = signals.filter((one) => one !== "held");
  return {
    attempts: tried.length,
    failures: tried.filter((one) => one !== "well").length,
    holds: signals.some((one) => one === "refused" || one === "held"),
  };
}

/**
 * The health after some more attempts. The breaker opens when at least 10 attempts have been made within a minute of
 * the first failure, and 70 % of them failed. Answers that arrive while it is open belong to earlier attempts, and
 * change nothing. Afterwards a success closes it; a failure keeps it open, for longer each time. A refusal of the whole account
 * opens it at once.
 */
export function nextHealth(health: Health, tally: Tally, now: number): Health {
  const mayTry = health.heldUntil === null || health.heldUntil <= now;
  if (tally.attempts === 0) return tally.holds && mayTry ? hold(health, now) : health;
  const failed = tally.failures === tally.attempts;
  const next = {
    ...health,
    ...(failed ? failing(health, now) : { failingSince: null, failedAt: null, failingTold: 0 }),
  };
  if (tally.holds && mayTry) return hold(next, now);
  if (health.heldUntil === null) return count(next, tally, now);
  if (health.heldUntil > now) return next;
  return failed ? hold(next, now) : WELL;
}

/** After two quiet days the failing begins anew: one failure a month is not a month of failures. */
function failing({ failingSince, failedAt, failingTold }: Health, now: number) {
  const goesOn = failingSince !== null && failedAt !== null && now - failedAt < limits.failureGapMs;
  if (goesOn) return { failingSince, failedAt: now, failingTold };
  return { failingSince: now, failedAt: now, failingTold: Math.min(failingTold, 1) };
}

function count(health: Health, tally: Tally, now: number): Health {
  const live = health.windowFrom !== null && now - health.windowFrom < limits.breakerWindowMs;
  if (!live && tally.failures === 0) return WELL;
  const windowAttempts = (live ? health.windowAttempts : 0) + tally.attempts;
  const windowFailures = (live ? health.windowFailures : 0) + tally.failures;
  const trips =
    windowAttempts >= limits.breakerAttempts && windowFailures >= limits.breakerFailureShare * windowAttempts;
  if (trips) return hold(health, now);
  return { ...health, windowFrom: live ? health.windowFrom : now, windowAttempts, windowFailures };
}

/** 5 s, 10 s, 20 s … 5 min. */
function hold(health: Health, now: number): Health {
  const holdMs = Math.min(limits.breakerHoldMs * 2 ** health.holds, limits.breakerHoldMaxMs);
  const { failingSince, failedAt, failingTold } = health;
  return { ...WELL, failingSince, failedAt, failingTold, heldUntil: now + holdMs, holds: health.holds + 1 };
}

/** True if an endpoint has only failed for so long that it is disabled. */
export function hasFailedTooLong(health: Health, now: number, disableAfterMs: number): boolean {
  return health.failingSince !== null && now - health.failingSince >= disableAfterMs;
}

/** The health, with the largest share of the failure budget that is to be told of, and was not. */
export function withTold(health: Health, now: number, disableAfterMs: number): Health {
  const used = budgetUsed(health, now, disableAfterMs);
  const reached = limits.failingToldAt.filter((share) => share <= used);
  return { ...health, failingTold: Math.max(health.failingTold, ...reached) };
}

export function isSame(one: Health, other: Health): boolean {
  return (Object.keys(one) as (keyof Health)[]).every((name) => one[name] === other[name]);
}
