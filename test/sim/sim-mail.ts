import {
  type Channel,
  type Dispatch,
  type Refusal,
  type Reply,
  temporary,
} from "../../src/channels/channel.ts";
import { AccountDesk } from "../../src/channels/email/account-desk.ts";
import { emailChannel } from "../../src/channels/email/email.ts";
import type { EmailProvider, Envelope } from "../../src/channels/email/provider.ts";
import { refusedFor } from "../../src/channels/email/providers/refused.ts";
import { type AccountCalls, EmailAccount } from "../../src/domain/email-account.ts";
import { DIRECT_EMAIL_ENDPOINT } from "../../src/domain/ids.ts";
import { email, type MessageInput } from "../../src/outbox/message.ts";
import { isolateOf, type Process } from "./process.ts";
import { SeededRandom } from "./random.ts";
import { type SimWorld, TIMEOUT_MS, TROUBLE_MS } from "./sim-world.ts";

const SECOND = 1000;
/** Sender of the deployment; one that is not set up before the world heals; and a recipient that nobody has. */
export const FROM = "us@example.com";
export const BAD_SENDER = "bad@example.com";
const NOBODY = "nobody@example.com";
/** Requests in a second that the account may make. */
const PER_SECOND = 4;

type Answer = readonly Reply[] | Refusal;

/**
 * Account of a provider that takes several e-mails at once, and drops the repetitions of a key. All tenants share it, and its limit;
 * it refuses a sender, some recipients and, for a while, everybody; and now and then its answer gets lost.
 */
export class SimMail {
  readonly random: SeededRandom;
  readonly complaints: string[] = [];
  /** Instants at which each message's e-mail went out. */
  readonly sent = new Map<string, number[]>();
  /** Messages that it has refused for good. */
  readonly refused = new Set<string>();
  /** Once true, all senders are set up. */
  isRepaired = false;
  readonly #world: SimWorld;
  readonly #known = new Map<string, { body: string; answer: Answer }>();
  readonly #dispatches = new Map<string, Dispatch>();
  #account = new EmailAccount(PER_SECOND);
  #second = { begins: 0, requests: 0 };
  /** It refuses a whole request for one e-mail of it. */
  readonly #isStrict: boolean;
  readonly #closed: { from: number; to: number };

  constructor(world: SimWorld, seed: number) {
    this.#world = world;
    this.random = new SeededRandom(seed ^ 0x3c6ef372);
    this.#isStrict = this.random.chance(0.3);
    const from = world.timeline.now + this.random.between(0, TROUBLE_MS);
    const lasts = world.faults.kinds.length > 0 && this.random.chance(0.3);
    this.#closed = { from, to: lasts ? from + this.random.between(5, 60) * SECOND : from };
  }

  draft(tag: string, m: number): MessageInput {
    const to = this.random.chance(0.1) ? NOBODY : "ada@example.com";
    const isBad = this.random.chance(0.2);
    const orderingKey =
      !isBad && this.random.chance(0.3) ? { orderingKey: `mail${this.random.below(3)}` } : {};
    const expiresAt = this.random.chance(0.1)
      ? { expiresAt: new Date(Math.round(this.#world.timeline.now) + this.random.below(20) * SECOND) }
      : {};
    const from = isBad ? { from: BAD_SENDER } : {};
    return email({ to, ...from, ...expiresAt, subject: `${tag} ${m}`, text: "Hello" }, orderingKey);
  }

  /** The channel in a process. `others` takes what goes to subscribed addresses. */
  channel(process: Process, others: Channel["deliver"]): Channel {
    const keeper = () => this.#keeper(process);
    const tools = { keeper, known: isolateOf(process).accounts, clock: process.clock };
    const real = emailChannel(this.#provider(process), FROM, (account) => new AccountDesk(account, tools));
    const { batch } = real;
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
      deliver: (dispatch, signal) => {
        if (dispatch.endpoint.id !== DIRECT_EMAIL_ENDPOINT) return others(dispatch, signal);
        noting(dispatch);
        return real.deliver(dispatch, signal);
      },
    };
  }

  /** A Durable Object, which forgets when it is moved. */
  #keeper(process: Process): AccountCalls {
    const call = async <T>(act: (account: EmailAccount) => T): Promise<T> => {
      const { faults, timeline } = this.#world;
      if (faults.strikes("relay-hangs")) await timeline.after(10 * TROUBLE_MS);
      const answer = await process.step("account", () => act(this.#account));
      if (faults.strikes("wake-fails")) throw new Error("The account's object could not be reached");
      if (this.random.chance(0.02)) this.#account = new EmailAccount(PER_SECOND);
      return answer;
    };
    const now = () => Math.round(this.#world.timeline.now);
    return {
      askAccount: (_, asking) => call((account) => account.ask(asking, now())),
      tellAccount: (_, told) => call((account) => account.tell(told, now())),
    };
  }

  #provider(process: Process): EmailProvider {
    return {
      account: { name: "account", perSecond: PER_SECOND },
      idempotencySeconds: 24 * 3600,
      send: async (envelope) => {
        const answer = await this.#receive(process, envelope.idempotencyKey, [envelope]);
        return "kind" in answer ? answer : (answer[0] as Reply);
      },
      batch: { most: 100, send: (envelopes, key) => this.#receive(process, key, envelopes) },
    };
  }

  async #receive(process: Process, key: string, envelopes: readonly Envelope[]): Promise<Answer> {
    const { faults } = this.#world;
    const [hangs, lost] = [faults.strikes("endpoint-hangs"), faults.strikes("answer-lost")];
    const answer = await process.step(
      "mail",
      () => this.#arrive(key, envelopes),
      this.random.between(0.2, 5),
    );
    const latencyMs = hangs ? TIMEOUT_MS : this.random.between(1, 300);
    return process.step("mailed", () => this.#answer(answer, { hangs, lost }), latencyMs);
  }

  #answer(answer: Answer, { hangs, lost }: { hangs: boolean; lost: boolean }): Answer {
    if (hangs) return temporary("timeout");
    if (!lost) return answer;
    this.#world.faults.record("answer-lost", "of the e-mail account");
    return temporary("connection_lost");
  }

  #arrive(key: string, envelopes: readonly Envelope[]): Answer {
    const { faults, timeline } = this.#world;
    const now = timeline.now;
    const refused = this.#refusal(now, envelopes[0]?.from);
    timeline.note(`the e-mail account gets ${key}: ${envelopes.length}, ${refused?.error ?? "open"}`);
    if (refused) return refused;
    if (faults.strikes("endpoint-fails")) return temporary("http_status", { httpStatus: 500 });
    const body = JSON.stringify(envelopes.map(({ attempt: _, ...rest }) => rest));
    const known = this.#known.get(key);
    if (known && known.body !== body) {
      this.complaints.push(`mixed up: ${key} came with other e-mails`);
      return refusedFor("message", "invalid_idempotent_request", { httpStatus: 409 });
    }
    const answer = known?.answer ?? this.#take(envelopes);
    this.#known.set(key, { body, answer });
    return answer;
  }

  #refusal(now: number, from: string | undefined): Refusal | undefined {
    const begins = Math.floor(now / SECOND);
    if (this.#second.begins !== begins) this.#second = { begins, requests: 0 };
    if (++this.#second.requests > PER_SECOND) {
      return temporary("rate_limit_exceeded", { httpStatus: 429, retryAfterMs: SECOND });
    }
    if (now >= this.#closed.from && now < this.#closed.to)
      return refusedFor("account", "suspended", { httpStatus: 403 });
    if (from === BAD_SENDER && !this.isRepaired)
      return refusedFor("sender", "invalid_from_address", { httpStatus: 422 });
    return undefined;
  }

  #take(envelopes: readonly Envelope[]): Answer {
    const isBad = ({ to }: Envelope) => to.includes(NOBODY);
    if (this.#isStrict && envelopes.length > 1 && envelopes.some(isBad))
      return refusedFor("message", "validation_error", { httpStatus: 422 });
    return envelopes.map((envelope): Reply => {
      const { tenantId, messageId } = envelope;
      const dispatch = this.#dispatches.get(messageId);
      if (dispatch) this.#world.endpointOf(tenantId, DIRECT_EMAIL_ENDPOINT).note(dispatch, !isBad(envelope));
      if (isBad(envelope)) {
        this.refused.add(messageId);
        return refusedFor("message", "validation_error", { httpStatus: 422 });
      }
      this.sent.set(messageId, [...(this.sent.get(messageId) ?? []), this.#world.timeline.now]);
      return { kind: "accepted", id: `re_${messageId}`, httpStatus: 200, excerpt: null };
    });
  }
}
