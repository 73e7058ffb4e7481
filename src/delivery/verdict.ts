import type { DeliveryState, Outcome } from "../domain/states.ts";
import type { Announcement } from "../outbox/announce.ts";
import type { PlannedEffects } from "../outbox/effects.ts";
import type { HealthSignal } from "./health.ts";

/** What becomes of a claimed delivery: the outcome of an attempt, or, without one, given back untried. */
export interface Verdict {
  seq: number;
  state: Exclude<DeliveryState, "leased">;
  dueAt: number | null;
  settledAt: number | null;
  reason: string | null;
  attempt: AttemptRecord | null;
  /** Untried because the task came too late: its next lease is to be longer. */
  late: boolean;
  /** Untried, and how often it had been begun before: whoever gives it back has not died of it. */
  starts?: number;
  /** What the attempt says of the endpoint; null for nothing. */
  healthSignal: HealthSignal | null;
  /** System event to be committed with it. */
  announcement: Announcement | null;
  /** What is to be committed with it, and the verdict in its place if that is refused. */
  effects?: { planned: PlannedEffects; refused: (error: unknown) => Verdict };
}

/** What an attempt was, as it is recorded. */
export interface AttemptRecord {
  outcome: Outcome;
  startedAt: number;
  durationMs: number;
  httpStatus: number | null;
  error: string | null;
  excerpt: string | null;
}
