import { ExpiringMap } from "../../platform/expiring-map.ts";
import { limits } from "../../platform/limits.ts";
import type { Log } from "../../platform/log.ts";
import { BodiesAtOnce } from "./bodies-at-once.ts";
import { TenantTurns } from "./tenant-turns.ts";

/** Cloudflare's rate limit: counts per location, and answers only yes or no. */
interface RateLimitBinding {
  limit(options: { key: string }): Promise<{ success: boolean }>;
}

/** The rate limits of a Worker's environment. A missing binding limits nothing. */
export interface RateLimits {
  API_RATE?: RateLimitBinding;
  ADDRESS_RATE?: RateLimitBinding;
}

/** Number of a token's requests that this isolate has counted in the running window. */
export interface Window {
  endsAt: number;
  count: number;
}

/** Memory of an isolate about its callers. */
export class DoorMemory {
  /** Rate-limit windows, by token. */
  readonly windows = new ExpiringMap<Window>(limits.doorMemory);
  /** Addresses refused too often, until they are heard again. */
  readonly held = new ExpiringMap<true>(limits.doorMemory);
  /** Revoked tokens, until they would have expired. */
  readonly revoked = new ExpiringMap<true>(limits.doorMemory);
  /** Instant at which this isolate last recorded the use of a token, by the token's id. */
  readonly usedAt = new Map<string, number>();
  /** Bodies of requests under way. */
  readonly bodies = new BodiesAtOnce();
  readonly turns = new TenantTurns();
  #hasTold = false;
  #hasToldOfUrl = false;

  /** Logs once the rate limits that the Worker lacks. */
  tellMissing(env: RateLimits, log: Log): void {
    if (this.#hasTold) return;
    this.#hasTold = true;
    const missing = (["API_RATE", "ADDRESS_RATE"] as const).filter((name) => env[name] === undefined);
    if (missing.length > 0) log("rate_limit.missing", { bindings: missing });
  }

  /** Logs once that a link to the portal leads to whatever host its request names. */
  tellUrlMissing(host: string, log: Log): void {
    if (this.#hasToldOfUrl) return;
    this.#hasToldOfUrl = true;
    log("dashboard.url_missing", { host });
  }
}

/** A limit that does not answer lets every request pass. */
export async function isWithin(binding: RateLimitBinding, key: string): Promise<boolean> {
  return binding.limit({ key }).then(
    ({ success }) => success,
    () => true,
  );
}
