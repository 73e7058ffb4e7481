import type { Channel, Dispatch, Reply } from "../../src/channels/channel.ts";
import { AccountDesk } from "../../src/channels/email/account-desk.ts";
import { emailChannel } from "../../src/channels/email/email.ts";
import type { Envelope } from "../../src/channels/email/provider.ts";
import { refusedFor } from "../../src/channels/email/providers/refused.ts";
import type { AccountName } from "../../src/domain/email-account.ts";
import { DIRECT_EMAIL_ENDPOINT } from "../../src/domain/ids.ts";
import { email, type MessageInput } from "../../src/outbox/message.ts";
import { isolateOf, type Process } from "./process.ts";
import { SeededRandom } from "./random.ts";
import { BAD_SENDER, NOBODY, SimAccount } from "./sim-account.ts";
import { FATES, SimEvents } from "./sim-events.ts";
import { type SimWorld, TROUBLE_MS } from "./sim-world.ts";

const SECOND = 1000;
/** Sender of the deployment. */
export const FROM = "us@example.com";

/**
 * The e-mails of all tenants. In some histories they go through a pool: a second account takes what the first one refuses, or does
 * not answer.
 */
export class SimMail {
  readonly random: SeededRandom;
  readonly complaints: string[] = [];
  /** Instants at which each message's e-mail went out, through any account. */
  readonly sent = new Map<string, number[]>();
  /** Messages that were refused for good. */
  readonly refused = new Set<string>();
  readonly events: SimEvents;
  /** Once true, all senders are set up. */
  isRepaired = false;
  readonly #world: SimWorld;
  readonly #dispatches = new Map<string, Dispatch>();
  readonly #accounts: readonly SimAccount[];
  readonly #ofHold: SeededRandom;
  readonly #isHolding: boolean;
  /** Its accounts know no keys, so only an e-mail that is held in doubt is sure not to go out twice. */
  readonly isKeyless: boolean;
  /** Undefined: no e-mail of this history goes to several. */
  readonly #ofSeveral: SeededRandom | undefined;

  constructor(world: SimWorld, seed: number) {
    this.#world = world;
    this.random = new SeededRandom(seed ^ 0x3c6ef372);
    this.events = new SimEvents(world, seed);
    this.#ofHold = new SeededRandom(seed ^ 0x7f4a7c15);
    this.#isHolding = this.#ofHold.chance(0.25);
    this.isKeyless = this.#isHolding && this.#ofHold.chance(0.7);
    const isStrict = this.random.chance(0.3);
    const from = world.timeline.now + this.random.between(0, TROUBLE_MS);
    const ofSeveral = new SeededRandom(seed ^ 0x27d4eb2f);
    this.#ofSeveral = ofSeveral.chance(0.3) ? ofSeveral : undefined;
    const ofPool = new SeededRandom(seed ^ 0x165667b1);
    const isPool = ofPool.chance(0.4);
    const lasts = world.faults.kinds.length > 0 && this.random.chance(0.3);
    const closes = lasts || (isPool && ofPool.chance(0.7));
    const seconds = () => (lasts ? this.random : ofPool).between(5, 60) * SECOND;
    const closed = { from, to: closes ? from + seconds() : from };
    this.#accounts = [
      this.#account("account", this.random, { isStrict, closed }),
      ...(isPool
        ? [this.#account("other account", ofPool, { isStrict: false, closed: { from: 0, to: 0 } })]
        : []),
    ];
  }

  #account(
    name: string,
    random: SeededRandom,
    traits: { isStrict: boolean; closed: { from: number; to: number } },
  ): SimAccount {
    const eventsBy = this.events.isTagged ? undefined : "cloudflare";
    return new SimAccount(
      this.#world,
      random,
      { name, eventsBy, isKeyless: this.isKeyless, ...traits },
      {
        take: (envelope) => this.#take(envelope),
        complain: (words) => void this.complaints.push(words),
        isRepaired: () => this.isRepaired,
      },
    );
  }

  draft(tag: string, m: number): MessageInput {
    const to = [this.random.chance(0.1) ? NOBODY : this.#recipient(), ...this.#others()];
    const isBad = this.random.chance(0.2);
    const orderingKey =
      !isBad && this.random.chance(0.3) ? { orderingKey: `mail${this.random.below(3)}` } : {};
    const expiresAt = this.random.chance(0.1)
      ? { expiresAt: new Date(Math.round(this.#world.timeline.now) + this.random.below(20) * SECOND) }
      : {};
    const from = isBad ? { from: BAD_SENDER } : {};
    const held = this.#isHolding && this.#ofHold.chance(0.5) ? { onUncertain: "hold" as const } : {};
    return email({ to, ...from, ...expiresAt, ...held, subject: `${tag} ${m}`, text: "Hello" }, orderingKey);
  }

  /** Further recipients of an e-mail, who get one each. */
  #others(): string[] {
    return this.#ofSeveral?.chance(0.3)
      ? ["grace@example.com", this.#ofSeveral.pick(Object.keys(FATES))]
      : [];
  }

  /** Somebody who gets e-mails; now and then one of those of whom trouble comes back. */
  #recipient(): string {
    const [ada = "", ...others] = Object.keys(FATES);
    return this.random.chance(0.2) ? this.random.pick(others) : ada;
  }

  /** The channel in a process. `others` takes what goes to subscribed addresses. */
  channel(process: Process, others: Channel["deliver"]): Channel {
    const known = isolateOf(process).accounts;
    const deskOf = (account: AccountName) => {
      const one = this.#accounts.find(({ name }) => name === account.name);
      return new AccountDesk(account, {
        keeper: one && (() => one.keeper(process)),
        known,
        clock: process.clock,
      });
    };
    const providers = this.#accounts.map((account) => account.provider(process));
    const [provider] = providers;
    if (!provider) throw new Error("There is an account");
    return this.#noted(emailChannel(providers.length > 1 ? providers : provider, FROM, deskOf), others);
  }

  /** A channel whose dispatches are known when they arrive. */
  #noted(real: Channel, others: Channel["deliver"]): Channel {
    const { batch, pool } = real;
    if (!batch) throw new Error("The provider takes several e-mails at once");
    const noting = (dispatch: Dispatch) => void this.#dispatches.set(dispatch.messageId, dispatch);
    return {
      admit: async (applicant) =>
        applicant.endpointId === DIRECT_EMAIL_ENDPOINT
          ? ((await real.admit?.(applicant)) ?? { waitMs: 0 })
          : { waitMs: 0 },
      batch: {
        ...batch,
        deliver: (dispatches, ...rest) => {
          dispatches.forEach(noting);
          return batch.deliver(dispatches, ...rest);
        },
      },
      pool: pool && { ...pool, next: pool.next && this.#noted(pool.next, others) },
      deliver: (dispatch, signal) => {
        if (dispatch.endpoint.id !== DIRECT_EMAIL_ENDPOINT) return others(dispatch, signal);
        noting(dispatch);
        return real.deliver(dispatch, signal);
      },
    };
  }

  #take(envelope: Envelope): Reply {
    const { tenantId, messageId } = envelope;
    const isBad = envelope.to.includes(NOBODY);
    const dispatch = this.#dispatches.get(messageId);
    if (dispatch) this.#world.endpointOf(tenantId, DIRECT_EMAIL_ENDPOINT).note(dispatch, !isBad);
    if (isBad) {
      this.refused.add(messageId);
      return refusedFor("message", "validation_error", { httpStatus: 422 });
    }
    const before = this.sent.get(messageId) ?? [];
    this.sent.set(messageId, [...before, this.#world.timeline.now]);
    const id = `re_${messageId}_${before.length}`;
    this.events.follow(envelope, id);
    return { kind: "accepted", id, httpStatus: 200, excerpt: null };
  }
}
