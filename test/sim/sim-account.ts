import { type Refusal, type Reply, temporary } from "../../src/channels/channel.ts";
import type { EmailProvider, Envelope } from "../../src/channels/email/provider.ts";
import { refusedFor } from "../../src/channels/email/providers/refused.ts";
import { type AccountCalls, EmailAccount } from "../../src/domain/email-account.ts";
import { inBatches } from "../../src/email-batches.ts";
import type { Process } from "./process.ts";
import type { SeededRandom } from "./random.ts";
import { type SimWorld, TIMEOUT_MS, TROUBLE_MS } from "./sim-world.ts";

const SECOND = 1000;
/** Sender that is not set up before the world heals; and a recipient that nobody has. */
export const BAD_SENDER = "bad@example.com";
export const NOBODY = "nobody@example.com";
/** Requests in a second that an account may make. */
const PER_SECOND = 4;

type Answer = readonly Reply[] | Refusal;

/** Mail that an account takes in; its senders, once they are set up. */
interface Intake {
  take(envelope: Envelope): Reply;
  complain(words: string): void;
  isRepaired(): boolean;
}

interface Traits {
  name: string;
  /** It refuses a whole request for one e-mail of it. */
  isStrict: boolean;
  /** It knows no keys, and sends whatever comes. */
  isKeyless: boolean;
  /** Time in which it refuses everybody. */
  closed: { from: number; to: number };
  /** Its events are matched by its own ids. */
  eventsBy: string | undefined;
}

/**
 * Account of a provider that takes several e-mails at once, and drops the repetitions of a key. All tenants share it, and its limit;
 * it refuses a sender, some recipients and, for a while, everybody; and now and then its answer gets lost.
 */
export class SimAccount {
  readonly #world: SimWorld;
  readonly #random: SeededRandom;
  readonly #traits: Traits;
  readonly #intake: Intake;
  readonly #known = new Map<string, { body: string; answer: Answer }>();
  #keeper = new EmailAccount(PER_SECOND);
  #second = { begins: 0, requests: 0 };

  constructor(world: SimWorld, random: SeededRandom, traits: Traits, intake: Intake) {
    this.#world = world;
    this.#random = random;
    this.#traits = traits;
    this.#intake = intake;
  }

  get name(): string {
    return this.#traits.name;
  }

  /** A Durable Object, which forgets when it is moved. */
  keeper(process: Process): AccountCalls {
    const call = async <T>(act: (account: EmailAccount) => T): Promise<T> => {
      const { faults, timeline } = this.#world;
      if (faults.strikes("relay-hangs")) await timeline.after(10 * TROUBLE_MS);
      const answer = await process.step("account", () => act(this.#keeper));
      if (faults.strikes("wake-fails")) throw new Error("The account's object could not be reached");
      if (this.#random.chance(0.02)) this.#keeper = new EmailAccount(PER_SECOND);
      return answer;
    };
    const now = () => Math.round(this.#world.timeline.now);
    return {
      askAccount: (_, asking) => call((account) => account.ask(asking, now())),
      tellAccount: (_, told) => call((account) => account.tell(told, now())),
    };
  }

  provider(process: Process): EmailProvider {
    const { name, eventsBy, isKeyless } = this.#traits;
    return {
      account: { name, perSecond: PER_SECOND },
      ...(eventsBy && { eventsBy }),
      idempotencySeconds: isKeyless ? 0 : 24 * 3600,
      send: async (envelope) => {
        const answer = await this.#receive(process, envelope.idempotencyKey, [envelope]);
        return "kind" in answer ? answer : (answer[0] as Reply);
      },
      batch: inBatches({ most: 100, send: (envelopes, key) => this.#receive(process, key, envelopes) }),
    };
  }

  async #receive(process: Process, key: string, envelopes: readonly Envelope[]): Promise<Answer> {
    const { faults } = this.#world;
    const [hangs, lost] = [faults.strikes("endpoint-hangs"), faults.strikes("answer-lost")];
    const answer = await process.step(
      "mail",
      () => this.#arrive(key, envelopes),
      this.#random.between(0.2, 5),
    );
    const latencyMs = hangs ? TIMEOUT_MS : this.#random.between(1, 300);
    return process.step("mailed", () => this.#answer(answer, { hangs, lost }), latencyMs);
  }

  #answer(answer: Answer, { hangs, lost }: { hangs: boolean; lost: boolean }): Answer {
    if (hangs) return temporary("timeout");
    if (!lost) return answer;
    this.#world.faults.record("answer-lost", `of the e-mail ${this.name}`);
    return temporary("connection_lost");
  }

  #arrive(key: string, envelopes: readonly Envelope[]): Answer {
    const { faults, timeline } = this.#world;
    const now = timeline.now;
    const refused = this.#refusal(now, envelopes[0]?.from);
    timeline.note(`the e-mail ${this.name} gets ${key}: ${envelopes.length}, ${refused?.error ?? "open"}`);
    if (refused) return refused;
    if (faults.strikes("endpoint-fails")) return temporary("http_status", { httpStatus: 500 });
    const body = JSON.stringify(envelopes.map(({ attempt: _, ...rest }) => rest));
    const known = this.#traits.isKeyless ? undefined : this.#known.get(key);
    if (known && known.body !== body) {
      this.#intake.complain(`mixed up: ${key} came with other e-mails`);
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
    const { closed } = this.#traits;
    if (now >= closed.from && now < closed.to) return refusedFor("account", "suspended", { httpStatus: 403 });
    if (from === BAD_SENDER && !this.#intake.isRepaired())
      return refusedFor("sender", "invalid_from_address", { httpStatus: 422 });
    return undefined;
  }

  #take(envelopes: readonly Envelope[]): Answer {
    const isBad = ({ to }: Envelope) => to.includes(NOBODY);
    if (this.#traits.isStrict && envelopes.length > 1 && envelopes.some(isBad))
      return refusedFor("message", "validation_error", { httpStatus: 422 });
    return envelopes.map((envelope) => this.#intake.take(envelope));
  }
}
