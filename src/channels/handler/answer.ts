import { limits } from "../../platform/limits.ts";
import { describeError } from "../../platform/log.ts";
import { permanent, RETRY_ASKED, type Reply, temporary } from "../channel.ts";

/** Wish of a handler to be called again at an instant. Made by `retryAt` and `retryIn`. */
export class Retry {
  readonly answer = "retry";
  readonly at: Date;
  readonly reason: string;

  constructor(at: Date | number | string, reason: unknown) {
    this.at = new Date(at);
    if (Number.isNaN(this.at.getTime())) throw new TypeError("retryAt must be a valid Date");
    this.reason = reasonOf(reason, "the handler asked for it");
  }
}

/** A handler's final refusal. Made by `giveUp`. */
export class GiveUp {
  readonly answer = "give_up";
  readonly reason: string;

  constructor(reason: unknown) {
    this.reason = reasonOf(reason, "the handler gave up");
  }
}

/** An error can serve as the reason, too. */
function reasonOf(reason: unknown, otherwise: string): string {
  if (reason === undefined || reason === null || reason === "") return otherwise;
  return typeof reason === "string" ? reason : describeError(reason);
}

/**
 * Return value of a handler that is to be called again at an instant. The call counts as an attempt; once the schedule
 * is used up, the delivery is dead. An instant in the past means at once; the latest is a year ahead.
 * @param reason text or error for people, shown with the attempt
 *
 * @example
 * const chargeCard = () => retryAt(new Date("2026-12-24T08:00:00Z"), "the bank is closed");
 */
export function retryAt(at: Date, reason?: unknown): Retry {
  return new Retry(at, reason);
}

/**
 * Return value of a handler that is to be called again in some seconds, otherwise as `retryAt`.
 * @param reason text or error for people, shown with the attempt
 *
 * @example
 * const chargeCard = () => retryIn(60, "the bank is busy");
 */
export function retryIn(seconds: number, reason?: unknown): Retry {
  return retryAt(new Date(Date.now() + seconds * 1000), reason);
}

/**
 * Return value of a handler that will never succeed. The delivery becomes a dead letter, which a person can replay.
 * @param reason text or error for people, shown with the attempt
 *
 * @example
 * const chargeCard = () => giveUp("the card was refused");
 */
export function giveUp(reason?: unknown): GiveUp {
  return new GiveUp(reason);
}

const KEYS = ["writes", "messages"];

/** Turns a handler's return value into a reply. Nothing, or effects to commit, means success. */
export function replyTo(answer: unknown, now: number): Reply {
  if (answer === undefined || answer === null) return { kind: "accepted", httpStatus: null, excerpt: null };
  if (isKind<GiveUp>(answer, "give_up"))
    return permanent("gave_up", reasonOf(answer.reason, "").slice(0, limits.errorLength));
  if (isKind<Retry>(answer, "retry")) {
    const at = Math.min(Math.max(new Date(answer.at).getTime(), now), now + limits.deliverAtAheadMs);
    const excerpt = reasonOf(answer.reason, "").slice(0, limits.errorLength);
    return { ...temporary(RETRY_ASKED, { excerpt }), retryAt: at };
  }
  if (isEffects(answer)) return { kind: "accepted", httpStatus: null, excerpt: null, effects: answer };
  const excerpt =
    "The handler must return nothing, { writes, messages }, retryAt(…), retryIn(…) or giveUp(…); what it did has not been recorded.";
  return temporary("handler_answer", { excerpt });
}

/** Recognized by its fields, not by its class, because an app may contain two copies of the class. */
function isKind<A extends GiveUp | Retry>(given: unknown, kind: A["answer"]): given is A {
  return typeof given === "object" && given !== null && "answer" in given && given.answer === kind;
}

/** Both must be lists, and other fields are refused: a misspelt one would be lost silently. */
function isEffects(answer: unknown): boolean {
  if (typeof answer !== "object" || answer === null) return false;
  if (Object.getPrototypeOf(answer) !== Object.prototype) return false;
  return Object.entries(answer).every(
    ([key, value]) => KEYS.includes(key) && (value === undefined || Array.isArray(value)),
  );
}
