import type { EmailProvider } from "./channels/email/email.ts";
import type { Memory } from "./memory.ts";
import { type Clock, type Random, systemClock, systemRandom } from "./platform/clock.ts";
import type { DrainTools } from "./relay/drain.ts";

/** How an outbox reaches what its environment does not bind. */
interface Surroundings<Env> {
  clock: Clock;
  random: Random;
  /** Sends the webhooks. */
  fetch: typeof fetch;
  /** Sends the e-mails. Undefined: the provider that the settings name. */
  email: ((env: Env) => EmailProvider) | undefined;
  /** Whether commits and the sweep wake the relays of tenants. */
  wakesRelays: boolean;
}

/**
 * The parts of an outbox that `edge-outbox/testing` exchanges and drives. They are no option of `createOutbox`, and no
 * property of what it answers: a Worker that does not import the testing entry cannot reach them.
 */
export interface Insides<Env> {
  surroundings: Surroundings<Env>;
  memory: Memory;
  /** The tools of a tenant's relay. */
  drainTools(env: Env): DrainTools;
}

const insides = new WeakMap<object, Insides<never>>();

/** The real time, real chance, the network and the relays. */
export function systemSurroundings<Env>(email: Surroundings<Env>["email"]): Surroundings<Env> {
  return {
    clock: systemClock,
    random: systemRandom,
    fetch: (...request) => fetch(...request),
    email,
    wakesRelays: true,
  };
}

export function keepInsides<Env>(outbox: object, own: Insides<Env>): void {
  insides.set(outbox, own);
}

/** The parts of an outbox; undefined for what is none, or comes from another copy of the package. */
export function insidesOf<Env>(outbox: object): Insides<Env> | undefined {
  return insides.get(outbox) as Insides<Env> | undefined;
}
