import type { EmailProvider } from "./channels/email/provider.ts";
import { type Clock, type Random, systemClock, systemRandom } from "./platform/clock.ts";

/** Connections of an outbox beyond its environment's bindings. */
export interface Surroundings<Env> {
  clock: Clock;
  random: Random;
  /** Sends the webhooks. */
  fetch: typeof fetch;
  /** Takes the e-mails of a test, in place of every provider. */
  email: ((env: Env) => EmailProvider) | undefined;
  /** True if commits and the sweep wake the relays of tenants. */
  wakesRelays: boolean;
}

/** The system's time and randomness, the network and the relays. */
export function systemSurroundings<Env>(): Surroundings<Env> {
  return {
    clock: systemClock,
    random: systemRandom,
    fetch: (...request) => fetch(...request),
    email: undefined,
    wakesRelays: true,
  };
}
