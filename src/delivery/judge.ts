import type { Reply } from "../channels/channel.ts";
import { SUPPRESSED, type UNCERTAIN } from "../domain/email-status.ts";
import type { Random } from "../platform/clock.ts";
import { limits } from "../platform/limits.ts";
import { retryDelayMs } from "./retry-policy.ts";

/** Meaning of an attempt for its delivery. `reason` tells why it was the last one. */
export type Judgement =
  | { outcome: "delivered" }
  | { outcome: "retry"; dueAt: number; spares?: true }
  | { outcome: "dead"; reason: "exhausted" | "given_up" | "gone" | typeof SUPPRESSED | typeof UNCERTAIN };

interface Case {
  reply: Reply;
  /** Number of the attempt, from 1, counted since the last replay. */
  attempt: number;
  /** Seconds to wait before each retry. */
  schedule: readonly number[];
  /** HTTP statuses after which the endpoint wants no retry. */
  giveUpOn: readonly number[];
  /** Instant since which it waits without using up its schedule. Null, or undefined: it does not. */
  waitsSince?: number | null;
  now: number;
}

/**
 * Decides by the reply alone. A wait that the other side asked for can lengthen the schedule's wait, never shorten it.
 * An instant that a handler asked for is kept. A refusal that spares the schedule is final when the whole schedule would be over.
 */
export function judge(one: Case, random: Random): Judgement {
  const { reply, attempt, schedule, giveUpOn, now } = one;
  if (reply.kind === "accepted") return { outcome: "delivered" };
  if (reply.kind === "gone") return { outcome: "dead", reason: "gone" };
  const isUnwanted = reply.httpStatus !== null && giveUpOn.includes(reply.httpStatus);
  if (reply.error === SUPPRESSED) return { outcome: "dead", reason: SUPPRESSED };
  if (reply.kind === "permanent" || isUnwanted) return { outcome: "dead", reason: "given_up" };
  const askedMs = wholeWait(reply.retryAfterMs);
  if (reply.spares) return wait(one, askedMs, random);
  const delayMs = retryDelayMs(schedule, attempt, random);
  if (delayMs === undefined) return { outcome: "dead", reason: "exhausted" };
  const dueAt = reply.retryAt ?? now + Math.max(delayMs, askedMs ?? 0);
  return { outcome: "retry", dueAt };
}

/** D1 refuses an instant between two milliseconds, and an app's own provider may ask for anything. */
function wholeWait(askedMs: number | null): number | null {
  return Number.isFinite(askedMs)
    ? Math.ceil(Math.min(Math.max(askedMs ?? 0, 0), limits.retryAfterMs))
    : null;
}

/** Spread over a fifth more, so that those which were refused together do not come back together. */
function wait({ schedule, waitsSince, now }: Case, askedMs: number | null, random: Random): Judgement {
  if (waitsSince != null && isOver(waitsSince, schedule, now))
    return { outcome: "dead", reason: "exhausted" };
  const waitMs = Math.round((askedMs ?? limits.sparedWaitMs) * (1 + limits.jitter * random.fraction()));
  return { outcome: "retry", dueAt: now + waitMs, spares: true };
}

/** True if a delivery has waited for as long as its whole schedule lasts, and for a day at least. */
export function isOver(waitsSince: number, schedule: readonly number[], now: number): boolean {
  const seconds = schedule.reduce((sum, delay) => sum + delay, 0);
  return now - waitsSince >= Math.max(seconds * 1000, limits.sparedForMs);
}
