import type { ApiTools } from "./api/context.ts";
import type { EmailProvider } from "./channels/email/email.ts";
import type { Memory } from "./memory.ts";
import type { PushTools } from "./metrics/push.ts";
import { type Clock, type Random, systemClock, systemRandom } from "./platform/clock.ts";
import type { DrainTools } from "./relay/drain.ts";

/** Connections of an outbox beyond its environment's bindings. */
interface Surroundings<Env> {
  clock: Clock;
  random: Random;
  /** Sends the webhooks. */
  fetch: typeof fetch;
  /** Sends the e-mails. Undefined: the provider that the settings name. */
  email: ((env: Env) => EmailProvider) | undefined;
  /** True if commits and the sweep wake the relays of tenants. */
  wakesRelays: boolean;
}

/**
 * The parts of an outbox that other entries of the package reach: `edge-outbox/api` serves them, `edge-outbox/testing`
 * exchanges and drives them. They are neither an option of `createOutbox` nor a property of its result.
 */
export interface Insides<Env> {
  surroundings: Surroundings<Env>;
  memory: Memory;
  /** The tools of a tenant's relay. */
  drainTools(env: Env): DrainTools;
  /** The tools of a request to the API. `calledAt`: its host. */
  apiTools(env: Env, calledAt: string): ApiTools;
  /** Pushes metrics when the cron runs. `createApi` gives it, because a Worker without the API does not bundle it. */
  pushMetrics?: (tools: PushTools) => Promise<void>;
}

const insides = new WeakMap<object, Insides<never>>();

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

export function keepInsides<Env>(outbox: object, own: Insides<Env>): void {
  insides.set(outbox, own);
}

/** The parts of an outbox; undefined for any other value, or an outbox of another copy of the package. */
export function insidesOf<Env>(outbox: object): Insides<Env> | undefined {
  return insides.get(outbox) as Insides<Env> | undefined;
}
