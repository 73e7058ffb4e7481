import type { Observation } from "../domain/observation.ts";
import { limits } from "../platform/limits.ts";
import { Share } from "./share.ts";
import { FIRST_PACKS, fullFrom, type Known, spared, UNSEEN, type Window, windowFor } from "./window.ts";

/**
 * Learns how much each endpoint of a tenant may have under way: one pack more for each that went well, half as many when it
 * brakes. It knows the tenant's share of the consumers, too. A relay remembers it as long as it stays in memory; afterwards
 * endpoints begin anew.
 */
export class Windows {
  readonly #known = new Map<string, Known>();
  readonly #unseen: Window;
  /** The `maxConcurrency` of endpoints that have one. */
  readonly #maxConcurrency = new Map<string, number>();
  readonly share: Share;
  #quietUntil = 0;
  /** No endpoint has been met, so none has told its `maxConcurrency`. */
  #isNew = true;

  /**
   * @param shareMs share to begin with, in milliseconds of consumers' time
   * @param unseenMs mean of endpoints that nobody has seen. Undefined: they may be slow
   */
  constructor({ shareMs = limits.shareMs.from, unseenMs }: { shareMs?: number; unseenMs?: number } = {}) {
    this.share = new Share(shareMs);
    this.#unseen = unseenMs === undefined ? UNSEEN : windowFor({ meanMs: unseenMs, packs: FIRST_PACKS });
  }

  /** Notes a drain, and the instant of its end. */
  drained(claims: number, now: number): void {
    this.#quietUntil = claims === 0 ? now + limits.quietMs : 0;
  }

  /** Instant until which another drain would find nothing to claim either, unless a task ends; 0 for none. */
  get quietUntil(): number {
    return this.#quietUntil;
  }

  /** Takes note of what an endpoint asks for. */
  spare(endpointId: string, maxConcurrency: number | null): void {
    this.#isNew = false;
    if (maxConcurrency === null) this.#maxConcurrency.delete(endpointId);
    else this.#maxConcurrency.set(endpointId, maxConcurrency);
  }

  learn(seen: Observation): void {
    const { endpointId, meanMs, deliveries, isBraking } = seen;
    this.share.learn(seen, this.of(endpointId));
    const wasFull = deliveries >= this.of(endpointId).pack;
    const { meanMs: before, packs } = this.#known.get(endpointId) ?? { meanMs, packs: FIRST_PACKS };
    const smoothed = before + limits.observationShare * (meanMs - before);
    this.#known.set(endpointId, {
      meanMs: isBraking ? Math.max(smoothed, meanMs) : smoothed,
      packs: isBraking ? Math.max(1, Math.floor(packs / 2)) : packs + (wasFull ? 1 : 0),
    });
  }

  of(endpointId: string): Window {
    const known = this.#known.get(endpointId);
    return spared(known ? windowFor(known) : this.#unseen, this.#maxConcurrency.get(endpointId));
  }

  /** Deliveries in flight at which no endpoint has room for more, nor for a probe. */
  get countedTo(): number {
    if (this.#isNew) return limits.inFlightPerEndpointMost;
    const known = [...this.#known.keys()].map((endpointId) => fullFrom(this.of(endpointId)));
    return Math.max(this.#unseen.inFlight, ...known, ...this.#maxConcurrency.values());
  }
}
