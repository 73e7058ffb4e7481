import { ExpiringMap } from "../../platform/expiring-map.ts";
import { limits } from "../../platform/limits.ts";
import type { Log } from "../../platform/log.ts";
import { BodiesAtOnce } from "./bodies-at-once.ts";
import { TenantTurns } from "./tenant-turns.ts";

/** Cloudflare's rate limit: counts for its location, and says no more than yes or no. */
interface RateLimitBinding {
  limit(options: { key: string }): Promise<{ success: boolean }>;
}

/** The rate limits of a Worker's environment. Without one, nothing is counted by it. */
export interface RateLimits {
  API_RATE?: RateLimitBinding;
  ADDRESS_RATE?: RateLimitBinding;
}

/** How many requests of a token this isolate has counted in the running window. */
export interface Window {
  endsAt: number;
  count: number;
}

/** Memory of an isolate about its callers. */
export class DoorMemory {
  /** By token. */
  readonly windows = new ExpiringMap<Window>(limits.doorMemory);
  /** Addresses that have been refused too often, until they are heard again. */
  readonly held = new ExpiringMap<true>(limits.doorMemory);
  /** Tokens that were found to be revoked, until they would have expired. */
  readonly revoked = new ExpiringMap<true>(limits.doorMemory);
  /** When this isolate last wrote down that a token was used, by its id. */
  readonly usedAt = new Map<string, number>();
  /** Of requests under way. */
  readonly bodies = new BodiesAtOnce();
  readonly turns = new TenantTurns();
  #hasTold = false;

  /** Says once which rate limits the Worker lacks. */
  tellMissing(env: RateLimits, log: Log): void {
    if (this.#hasTold) return;
    this.#hasTold = true;
    const missing = (["API_RATE", "ADDRESS_RATE"] as const).filter((name) => env[name] === undefined);
    if (missing.length > 0) log("rate_limit.missing", { bindings: missing });
  }
}

/** A limit that does not answer lets everybody pass. */
export async function isWithin(binding: RateLimitBinding, key: string): Promise<boolean> {
  return binding.limit({ key }).then(
    ({ success }) => success,
    () => true,
  );
}
