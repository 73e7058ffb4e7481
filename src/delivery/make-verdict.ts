import {
  BATCH_REFUSED,
  OUR_FAULTS,
  RETRY_ASKED,
  type RefusalScope,
  type Reply,
} from "../channels/channel.ts";
import type { PutOff } from "../domain/email-account.ts";
import { UNCERTAIN } from "../domain/email-status.ts";
import type { EXPIRED, UNSUBSCRIBED } from "../domain/states.ts";
import type { Random } from "../platform/clock.ts";
import { limits } from "../platform/limits.ts";
import { ALONE, isAlone } from "./alone.ts";
import { expiryOf } from "./expired.ts";
import type { HealthSignal } from "./health.ts";
import { UNSENT_MARK } from "./hold.ts";
import { isOver, type Judgement, judge } from "./judge.ts";
import { announcementOf } from "./make-announcement.ts";
import type { EndpointRow, LeasedRow } from "./rows.ts";
import type { Verdict } from "./verdict.ts";

/** A delivery, and the settings that bound its attempts. */
interface Subject {
  row: LeasedRow;
  endpoint: EndpointRow;
  /** Waits between the attempts at endpoints that have no schedule of their own, in seconds. */
  retrySchedule: readonly number[];
}

/** A single attempt. Instants in milliseconds. */
interface Attempted {
  reply: Reply;
  /**
   * Text of the request that it shared with others, or the mark of one that went by itself where it could have. Undefined: each
   * delivery is a request of its own.
   */
  request?: string | undefined;
  /** Mark of one that goes by itself. Defaults to `ALONE`. */
  alone?: string;
  /** Last instant at which one that is held in doubt may be sent again. Defaults to none. */
  repeatsUntil?: number | undefined;
  startedAt: number;
  endedAt: number;
}

/** Judges an attempt. */
export function attemptedVerdict(subject: Subject, attempted: Attempted, random: Random): Verdict {
  const { row, endpoint } = subject;
  const { reply, startedAt, endedAt: now } = attempted;
  const schedule = scheduleOf(subject);
  const giveUpOn: readonly number[] = endpoint.give_up_on ? JSON.parse(endpoint.give_up_on) : [];
  const attempt = usedBy(row) + 1;
  const judged = judge({ reply, attempt, schedule, giveUpOn, waitsSince: row.waits_since, now }, random);
  const request = attempted.request === undefined ? undefined : requestAfter(row, reply, attempted);
  const isHeld = row.doubt !== undefined && request === row.doubt && !mayRepeat(judged, attempted);
  const judgement: Judgement = isHeld ? { outcome: "dead", reason: UNCERTAIN } : judged;
  const batch = isHeld ? null : request;
  const waits = judgement.outcome === "retry" && judgement.spares === true;
  const after = stateAfter(judgement, now);
  const verdict = {
    seq: row.seq,
    ...after,
    dueAt: after.dueAt === null ? null : endOr(subject, after.dueAt, batch),
    late: false,
    attempt: {
      outcome: judgement.outcome,
      startedAt,
      durationMs: now - startedAt,
      endpointVersion: endpoint.version,
      headers: reply.headers ?? null,
      ...(reply.kind === "accepted" && { providerRef: reply.ref }),
      ...recordOf(reply),
    },
    healthSignal: healthSignalOf(reply, judgement),
    ...(waits && { waitsSince: row.waits_since ?? startedAt }),
    ...(batch !== undefined && { batch }),
    ...(reply.kind === "accepted" && Array.isArray(row.suppressed) && { suppressed: row.suppressed }),
  };
  const attemptsInAll = schedule.length + 1;
  const occasion = { endpoint, row, verdict, attempt, attemptsInAll };
  return { ...verdict, announcement: waits ? null : announcementOf(occasion, random) };
}

function mayRepeat(judgement: Judgement, { repeatsUntil = 0 }: Attempted): boolean {
  return judgement.outcome === "retry" && judgement.dueAt <= repeatsUntil;
}

/**
 * Request that a later attempt repeats; null where it is known that nothing of it was taken, or that all is said. A repetition
 * that is refused tells nothing of the request before.
 */
function requestAfter(
  { batch, claims, doubt }: LeasedRow,
  reply: Reply,
  { request = ALONE, alone = ALONE }: Attempted,
): string | null {
  if (reply.kind === "accepted") return null;
  const isInDoubt = doubt !== undefined && doubt === batch;
  if (reply.kind !== "temporary") return isInDoubt ? request : null;
  if (reply.error === BATCH_REFUSED) return alone;
  // In a pool, or where it is held in doubt, nothing is sent of which there is no mark.
  const isRepetition = doubt ? isInDoubt : batch !== null || (claims > 1 && alone === ALONE);
  return (reply.unsent || reply.spares) && !isRepetition ? null : request;
}

/**
 * Ends a delivery without an attempt: one that, as far as can be told, has killed its consumer at every attempt; or one that is
 * held because nobody knows whether it was taken.
 */
export function untriedDeadVerdict(
  subject: Subject,
  reason: "poison" | typeof UNCERTAIN,
  now: number,
  random: Random,
): Verdict {
  const { row, endpoint } = subject;
  const verdict = {
    seq: row.seq,
    ...dead(reason, now),
    late: false,
    attempt: null,
    healthSignal: null,
    ...(reason === UNCERTAIN && { batch: UNSENT_MARK }),
  };
  const attempt = usedBy(row);
  const attemptsInAll = scheduleOf(subject).length + 1;
  const occasion = { endpoint, row, verdict, attempt, attemptsInAll };
  return { ...verdict, announcement: announcementOf(occasion, random) };
}

/** Gives a delivery back as it was claimed. `late`: its task came too late. */
export function untriedVerdict({ seq, starts }: LeasedRow, late: boolean, now: number): Verdict {
  return {
    seq,
    state: "pending",
    dueAt: now,
    settledAt: null,
    reason: null,
    attempt: null,
    late,
    starts,
    healthSignal: null,
    announcement: null,
  };
}

/** Cancels an e-mail that is not to be sent any more. */
export function cancelledVerdict(
  row: LeasedRow,
  reason: typeof EXPIRED | typeof UNSUBSCRIBED,
  now: number,
): Verdict {
  const settled = { state: "cancelled" as const, dueAt: null, settledAt: now, reason };
  return { ...untriedVerdict(row, false, now), ...settled };
}

/**
 * Instant to look at a delivery again, but at its expiry at the latest: it ends then, and frees its key. A shared request is
 * repeated as it was, and not before it is due.
 */
function endOr(subject: Pick<Subject, "row" | "endpoint">, dueAt: number, batch?: string | null): number {
  return batch && !isAlone(batch) ? dueAt : Math.min(dueAt, expiryOf(subject));
}

/** Puts a delivery off that may not be sent now. It waits, and uses up nothing. */
export function putOffVerdict(
  { row, endpoint }: Pick<Subject, "row" | "endpoint">,
  putOff: PutOff,
  now: number,
): Verdict {
  return {
    ...untriedVerdict(row, false, now),
    dueAt: endOr({ row, endpoint }, putOff.askAt, row.batch),
    waitsSince: row.waits_since ?? now,
    healthSignal: putOff.for === "account" ? "held" : null,
  };
}

/** True if a delivery has been put off for as long as its whole schedule lasts, so that it is to be tried once more. */
export function isAtItsEnd(subject: Subject, now: number): boolean {
  const { waits_since } = subject.row;
  return waits_since !== null && isOver(waits_since, scheduleOf(subject), now);
}

/** Attempts of the schedule that are used up. */
function usedBy({ attempts, schedule_from, spared }: LeasedRow): number {
  return attempts - schedule_from - spared;
}

function scheduleOf({ endpoint, retrySchedule }: Subject): readonly number[] {
  return endpoint.retry_schedule ? JSON.parse(endpoint.retry_schedule) : retrySchedule;
}

function stateAfter(judgement: Judgement, now: number) {
  if (judgement.outcome === "dead") return dead(judgement.reason, now);
  if (judgement.outcome === "delivered") {
    return { state: "delivered" as const, dueAt: null, settledAt: now, reason: null };
  }
  return { state: "pending" as const, dueAt: judgement.dueAt, settledAt: null, reason: null };
}

function dead(reason: string, now: number) {
  return { state: "dead" as const, dueAt: null, settledAt: now, reason };
}

/** Signs of the provider's health: one that refuses a message, a recipient or a sender is well. */
const SIGNALS: Readonly<Partial<Record<RefusalScope, HealthSignal>>> = {
  message: "well",
  recipient: "well",
  sender: "well",
  account: "refused",
};

/** A permanent refusal is about this message only; a failure of the outbox itself is no answer. */
function healthSignalOf(reply: Reply, judgement: Judgement): Verdict["healthSignal"] {
  if (reply.kind === "accepted") return "well";
  if (reply.scope) return SIGNALS[reply.scope] ?? (reply.spares ? "well" : "failing");
  const isFinal =
    judgement.outcome === "dead" && judgement.reason !== "exhausted" && judgement.reason !== UNCERTAIN;
  return isFinal || [...OUR_FAULTS, RETRY_ASKED].includes(reply.error) ? null : "failing";
}

function recordOf(reply: Reply) {
  const { httpStatus } = reply;
  if (reply.kind !== "accepted") return { httpStatus, excerpt: reply.excerpt, error: reply.error };
  // A success needs no more, and its delivery's row stays small.
  return { httpStatus, excerpt: reply.excerpt?.slice(0, limits.shownExcerptLength) ?? null, error: null };
}
