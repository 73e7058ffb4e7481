import type { Reply } from "../channels/channel.ts";
import type { Random } from "../platform/clock.ts";
import { retryDelayMs } from "./retry-policy.ts";

/** Meaning of an attempt for its delivery. `reason` tells why it was the last one. */
export type Judgement =
  | { outcome: "delivered" }
  | { outcome: "retry"; dueAt: number }
  | { outcome: "dead"; reason: "exhausted" | "given_up" | "gone" };

interface Case {
  reply: Reply;
  /** Number of the attempt, from 1, counted since the last replay. */
  attempt: number;
  /** Seconds to wait before each retry. */
  schedule: readonly number[];
  /** HTTP statuses after which the endpoint wants no retry. */
  giveUpOn: readonly number[];
  now: number;
}

/**
 * Decides by the reply alone. A wait that the other side asked for can lengthen the schedule's wait, never shorten it.
 * An instant that a handler asked for is kept.
 */
export function judge({ reply, attempt, schedule, giveUpOn, now }: Case, random: Random): Judgement {
  if (reply.kind === "accepted") return { outcome: "delivered" };
  if (reply.kind === "gone") return { outcome: "dead", reason: "gone" };
  const isUnwanted = reply.httpStatus !== null && giveUpOn.includes(reply.httpStatus);
  if (reply.kind === "permanent" || isUnwanted) return { outcome: "dead", reason: "given_up" };
  const delayMs = retryDelayMs(schedule, attempt, random);
  if (delayMs === undefined) return { outcome: "dead", reason: "exhausted" };
  const dueAt = reply.retryAt ?? now + Math.max(delayMs, reply.retryAfterMs ?? 0);
  return { outcome: "retry", dueAt };
}
