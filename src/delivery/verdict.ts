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
  /** True if it is untried because the task came too late, so its next lease must be longer. */
  late: boolean;
  /** For an untried delivery: number of beginnings before this one, which its consumer has survived. */
  starts?: number;
  /** Sign of the endpoint's health; null for none. */
  healthSignal: HealthSignal | null;
  /**
   * Instant since which it waits without using up its schedule: it was refused for a reason that is not its own, or put off
   * unsent. Undefined: it does not wait so.
   */
  waitsSince?: number;
  /**
   * For an e-mail that may have been taken: the others of its request, so that a repetition has the same ones; empty: none.
   * Null, or undefined: the next attempt may share a request with any; or, if this one was not made, what stands stays.
   */
  batch?: string | null;
  /** Recipients of an e-mail that was sent to the others. */
  suppressed?: readonly string[];
  /** System event to commit with it; null for none. */
  announcement: Announcement | null;
  /** Effects of a handler to commit with it, and the verdict in its place if D1 refuses them. */
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
  /** Version of the endpoint that was called. */
  endpointVersion: number;
  /** Provider and id by which alone the e-mail is found. */
  providerRef?: string | undefined;
  headers: Record<string, string> | null;
}
