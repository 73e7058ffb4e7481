import { limits } from "../platform/limits.ts";

/** Leave to send: after a short wait, or the instant at which to ask again. */
export type Leave = { waitMs: number } | PutOff;

export interface PutOff {
  /** Instant at which to ask again, in milliseconds. */
  askAt: number;
  /** `account`: nobody may send through it for now. `sender`: this sender may not. `pace`: others have the next turns. */
  for: "account" | "sender" | "pace";
}

/** Question of a consumer that has an e-mail to send. */
export interface Asking {
  /** Address of the sender. */
  sender: string;
  /** It was put off before, and has waited for this turn. */
  isReturning: boolean;
  /** Its time is over: it is tried though its sender is refused. */
  isLast: boolean;
  /** Longest wait that it can afford, in milliseconds. */
  withinMs: number;
  /** Another account takes it where this one does not answer. Undefined: false. */
  mayPass?: boolean;
}

/** Answer to a question. `isWatched`: the account is to be told what becomes of it. */
export type Answer = Leave & { isWatched?: boolean };

/** Outcome of an e-mail. */
export interface Told {
  sender: string;
  /** `taken`: accepted. `answered`: refused for itself alone. `wait`: the account asks for fewer. `failed`: no answer that tells. */
  result: "taken" | "answered" | "sender" | "account" | "wait" | "failed";
  /** Wait that the provider asked for, in milliseconds; null for none. */
  waitMs: number | null;
  /** Requests a second that it allows, as it says; undefined: it does not. */
  perSecond?: number | undefined;
}

/** An account of a provider. */
export interface AccountName {
  /** Identical for all who share it. */
  name: string;
  /** Requests a second that it surely allows. Undefined: nobody knows, and it tells by refusing. */
  perSecond?: number | undefined;
}

/** Calls to the keeper of an account, one for all isolates. */
export interface AccountCalls {
  askAccount(account: AccountName, asking: Asking): Promise<Answer>;
  tellAccount(account: AccountName, told: Told): Promise<number | null>;
}

/** A refusal that holds others back until an instant; one of them is then tried. */
interface Hold {
  until: number;
  /** Number of refusals in a row, of which those that were under way together are one. */
  refusals: number;
  /** One was let through to try it. */
  isTried?: boolean;
}

/** The holds of an account by sender, to be kept; `""` is the account itself, `unanswered` its silence. */
export type Holds = Record<string, Hold>;

const ACCOUNT = "";
/** Name of the hold of an account that does not answer, for those whom another one takes. No sender has it. */
const UNANSWERED = "unanswered";

function isOfSender(name: string): boolean {
  return name !== ACCOUNT && name !== UNANSWERED;
}

/**
 * A provider's account, which all tenants share: whom it refuses until somebody has repaired that, and how many requests a
 * second it takes. It is a memory alone: whoever has lost it sends an e-mail too many, and learns the rest from its answer.
 */
export class EmailAccount {
  readonly #holds: Map<string, Hold>;
  #perSecond: number | undefined;
  /** Instant of the next request that nobody has. */
  #freeAt = 0;
  /** Waits in a row for which it named no time, and the end of the last. */
  readonly #waits = { inRow: 0, until: 0 };
  /** Failures in a row. */
  #failures = 0;
  /** Last instant at which somebody who was put off is to ask again. */
  #expectedTo = 0;

  constructor(perSecond?: number, holds: Holds = {}) {
    this.#perSecond = perSecond;
    this.#holds = new Map(Object.entries(holds));
  }

  get holds(): Holds {
    return Object.fromEntries(this.#holds);
  }

  ask({ sender, isReturning, isLast, withinMs, mayPass }: Asking, now: number): Answer {
    const ofSender = isLast ? undefined : this.#holds.get(sender);
    const ofAccount = [this.#holds.get(ACCOUNT), mayPass ? this.#holds.get(UNANSWERED) : undefined];
    if (ofSender && ofSender.until > now) return { askAt: ofSender.until, for: "sender" };
    const heldUntil = Math.max(...ofAccount.map((hold) => hold?.until ?? 0));
    if (heldUntil > now) return { askAt: heldUntil, for: "account" };
    const waitMs = Math.ceil(Math.max(this.#freeAt - now, 0));
    if (waitMs > Math.min(limits.emailTurnMs, withinMs))
      return { askAt: this.#expect(isReturning, now), for: "pace" };
    this.#freeAt = now + waitMs + this.#spacingMs;
    const tried = [ofSender, ...ofAccount].filter((hold) => hold !== undefined);
    for (const hold of tried) {
      hold.until = now + waitMs + limits.emailProbeMs;
      hold.isTried = true;
    }
    const isWatched =
      tried.length > 0 || this.#failures > 0 || (this.#waits.inRow > 0 && now >= this.#waits.until);
    return isWatched ? { waitMs, isWatched } : { waitMs };
  }

  /** Takes note of an outcome. Answers the wait before the next one is tried, for a refusal that others share. */
  tell({ sender, result, waitMs, perSecond }: Told, now: number): number | null {
    if (perSecond !== undefined && perSecond > 0) this.#perSecond = perSecond;
    if (result === "failed") {
      if (++this.#failures >= limits.emailFailures) this.#hold(UNANSWERED, waitMs, now);
      return null;
    }
    this.#failures = 0;
    this.#holds.delete(UNANSWERED);
    if (result === "account") return this.#hold(ACCOUNT, waitMs, now);
    this.#holds.delete(ACCOUNT);
    if (result === "sender") return this.#hold(sender, waitMs, now);
    if (result === "wait") this.#freeAt = Math.max(this.#freeAt, now + (waitMs ?? this.#ownWait(now)));
    else if (result === "taken") {
      this.#holds.delete(sender);
      this.#waits.inRow = 0;
    }
    return null;
  }

  /** Wait of an account that asks for fewer, and names no time: twice as long each time that it asks again when one is over. */
  #ownWait(now: number): number {
    const { from, to } = limits.emailOwnWaitMs;
    if (now >= this.#waits.until) this.#waits.inRow++;
    const waitMs = Math.min(from * 2 ** (this.#waits.inRow - 1), to);
    this.#waits.until = Math.max(this.#waits.until, now + waitMs);
    return waitMs;
  }

  /** A sender is tried again at a steady interval, an account sooner at first. */
  #hold(name: string, askedMs: number | null, now: number): number {
    const before = this.#holds.get(name);
    const isOneMore = before === undefined || before.isTried === true || before.until <= now;
    const refusals = (before?.refusals ?? 0) + (isOneMore ? 1 : 0);
    const { from, to } = limits.emailAccountHoldMs;
    const ownMs = isOfSender(name) ? limits.emailSenderHoldMs : Math.min(from * 2 ** (refusals - 1), to);
    const holdMs = Math.ceil(Math.max(ownMs, askedMs ?? 0));
    if (this.#holds.size >= limits.emailHolds && !this.#holds.has(name)) this.#forget(now);
    this.#holds.set(name, { until: now + holdMs, refusals });
    return holdMs;
  }

  /** Forgets the sender whose turn comes first: it is told again. */
  #forget(now: number): void {
    const senders = [...this.#holds].filter(([name]) => isOfSender(name));
    const [first] = senders.toSorted(([, one], [, other]) => one.until - now - (other.until - now));
    if (first) this.#holds.delete(first[0]);
  }

  /** Requests do not leave as evenly as they were given their turns. */
  get #spacingMs(): number {
    return this.#perSecond === undefined ? 0 : (1000 / this.#perSecond) * limits.emailSpacing;
  }

  /** E-mails that are put off come back at the pace at which they can be served, some at once, a little before their turn. */
  #expect(isReturning: boolean, now: number): number {
    const turn = limits.emailTurnMs / 2;
    const soonest = Math.max(now, this.#freeAt - limits.emailTurnMs) + turn;
    const at = isReturning ? soonest : Math.max(this.#expectedTo, soonest) + this.#spacingMs;
    if (!isReturning) this.#expectedTo = at;
    return Math.ceil(at / turn) * turn;
  }
}
