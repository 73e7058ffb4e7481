import type { EmailProvider } from "./channels/email/provider.ts";
import { type Clock, type Random, systemClock, systemRandom } from "./platform/clock.ts";

/** Connections of an outbox beyond its environment's bindings. */
export interface Surroundings<Env> {
  clock: Clock;
  random: Random;
  /** Sends the webhooks. */
  fetch: typeof fetch;
  /** Sends the e-mails of a tenant; several are a pool. Undefined: the provider that the settings name. */
  email: ((env: Env, tenantId: string) => EmailProvider | readonly EmailProvider[]) | undefined;
  /** True if commits and the sweep wake the relays of tenants. */
  wakesRelays: boolean;
}

/** The system's time and randomness, the network and the relays. */
export function systemSurroundings<Env>(email: Surroundings<Env>["email"]): Surroundings<Env> {
  return {
    clock: systemClock,
    random: systemRandom,
    fetch: (...request) => fetch(...request),
    email,
    wakesRelays: true,
  };
}
