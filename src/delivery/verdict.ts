import type { DeliveryState, Outcome } from "../domain/states.ts";
import type { Announcement } from "../outbox/announce.ts";
import type { PlannedEffects } from "../outbox/effects.ts";
import type { HealthSignal } from "./health.ts";

/** Change of a claimed delivery: by the outcome of an attempt, as poison, or given back untried. */
export interface Verdict {
  seq: number;
  state: Exclude<DeliveryState, "leased">;
  dueAt: number | null;
  settledAt: number | null;
  reason: string | null;
  attempt: AttemptRecord | null;
  /** Untried because the task came too late: its next lease must be longer. */
  late: boolean;
  /** Of an untried delivery: how often it had been begun before. The consumer that gives it back has not died of it. */
  starts?: number;
  /** Sign of the endpoint's health; null for none. */
  healthSignal: HealthSignal | null;
  /** System event to be committed with it; null for none. */
  announcement: Announcement | null;
  /** Effects of a handler to be committed with it, and the verdict in its place should D1 refuse them. */
  effects?: { planned: PlannedEffects; refused: (error: unknown) => Verdict };
}

/** Record of an attempt. */
interface AttemptRecord {
  outcome: Outcome;
  startedAt: number;
  durationMs: number;
  httpStatus: number | null;
  error: string | null;
  excerpt: string | null;
}
