import {
  type AccountCalls,
  type AccountName,
  type Asking,
  EmailAccount,
  type Leave,
  type Told,
} from "../../domain/email-account.ts";
import type { Clock } from "../../platform/clock.ts";
import { limits } from "../../platform/limits.ts";
import { within } from "../../platform/within.ts";

/** Memory of an isolate about accounts. Losing it costs some questions. */
export class KnownAccounts {
  /** Accounts as this isolate knows them, for when their keeper does not answer. */
  readonly own = new Map<string, EmailAccount>();
  /** Senders by account whose next outcome is to be told. */
  readonly watched = new Set<string>();
  /** The rate that each account was last told of. */
  readonly rates = new Map<string, number>();
}

interface Tools {
  /** Undefined: there is no keeper, and each isolate goes by what it knows. */
  keeper: ((account: AccountName) => AccountCalls) | undefined;
  known: KnownAccounts;
  clock: Clock;
}

/** Asks the keeper of an account for leave, and tells it what became of an e-mail. Never throws: without a keeper it goes by itself. */
export class AccountDesk {
  readonly #account: AccountName;
  readonly #tools: Tools;

  constructor(account: AccountName, tools: Tools) {
    this.#account = account;
    this.#tools = tools;
  }

  async ask(asking: Asking): Promise<Leave> {
    const { known, clock } = this.#tools;
    const { isWatched, ...leave } = await this.#call(
      (keeper) => keeper.askAccount(this.#account, asking),
      (own) => own.ask(asking, clock.now()),
    );
    if (isWatched) known.watched.add(this.#key(asking.sender));
    return leave;
  }

  /** Answers the wait that a refusal which others share brings with it, in milliseconds; null for any other outcome. */
  async tell(told: Told): Promise<number | null> {
    const { known, clock } = this.#tools;
    const { name } = this.#account;
    const isNews = told.perSecond !== undefined && known.rates.get(name) !== told.perSecond;
    const isWatched = known.watched.delete(this.#key(told.sender));
    if (told.result === "taken" && !isNews && !isWatched) return null;
    if (told.perSecond !== undefined) known.rates.set(name, told.perSecond);
    return this.#call(
      (keeper) => keeper.tellAccount(this.#account, told),
      (own) => own.tell(told, clock.now()),
    );
  }

  async #call<T>(ask: (keeper: AccountCalls) => Promise<T>, alone: (own: EmailAccount) => T): Promise<T> {
    const { keeper, clock } = this.#tools;
    if (!keeper) return alone(this.#own);
    try {
      return await within(clock, limits.emailKeeperMs, ask(keeper(this.#account)));
    } catch {
      return alone(this.#own);
    }
  }

  get #own(): EmailAccount {
    const { own } = this.#tools.known;
    const { name, perSecond } = this.#account;
    const account = own.get(name) ?? new EmailAccount(perSecond);
    own.set(name, account);
    return account;
  }

  #key(sender: string): string {
    return `${this.#account.name} ${sender}`;
  }
}
