import { limits } from "../../platform/limits.ts";
import { describeError } from "../../platform/log.ts";
import { permanent, RETRY_ASKED, type Reply, temporary } from "../channel.ts";

/** A handler wants to be called again at a time. Made by `retryAt` and `retryIn`. */
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

/** A handler gives up for good. Made by `giveUp`. */
export class GiveUp {
  readonly answer = "give_up";
  readonly reason: string;

  constructor(reason: unknown) {
    this.reason = reasonOf(reason, "the handler gave up");
  }
}

/** An error says why as well as a text does. */
function reasonOf(reason: unknown, otherwise: string): string {
  if (reason === undefined || reason === null || reason === "") return otherwise;
  return typeof reason === "string" ? reason : describeError(reason);
}

/**
 * To be returned by a handler: call me again at this instant. It counts as an attempt, and when the schedule has no more of
 * them the delivery is dead. An instant in the past means at once; a year ahead is the limit.
 * @param reason for people, a text or an error; it shows with the attempt
 */
export function retryAt(at: Date, reason?: unknown): Retry {
  return new Retry(at, reason);
}

/**
 * To be returned by a handler: call me again in so many seconds, as `retryAt` does.
 * @param reason for people, a text or an error; it shows with the attempt
 */
export function retryIn(seconds: number, reason?: unknown): Retry {
  return retryAt(new Date(Date.now() + seconds * 1000), reason);
}

/**
 * To be returned by a handler: it will never succeed. The delivery is a dead letter, which a person can replay.
 * @param reason for people, a text or an error; it shows with the attempt
 */
export function giveUp(reason?: unknown): GiveUp {
  return new GiveUp(reason);
}

const KEYS = ["writes", "messages"];

/** Reads a handler's return value as a reply. Nothing, or something to commit, means that it is done. */
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

/** By what it says and not by its class: an app has two copies of that when a package of its brings one. */
function isKind<A extends GiveUp | Retry>(given: unknown, kind: A["answer"]): given is A {
  return typeof given === "object" && given !== null && "answer" in given && given.answer === kind;
}

/** Both are lists, and there is nothing else: what is misspelt would be lost without a word. */
function isEffects(answer: unknown): boolean {
  if (typeof answer !== "object" || answer === null) return false;
  if (Object.getPrototypeOf(answer) !== Object.prototype) return false;
  return Object.entries(answer).every(
    ([key, value]) => KEYS.includes(key) && (value === undefined || Array.isArray(value)),
  );
}
