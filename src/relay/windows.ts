import type { Observation } from "../domain/observation.ts";
import { limits } from "../platform/limits.ts";

/** Room of an endpoint, in deliveries. */
export interface Window {
  /** Milliseconds for which a full pack keeps a consumer busy. */
  packMs: number;
  /** It is known to answer before an invocation hands in. */
  isProven: boolean;
  /** Most in one task: as many as an invocation carries out in some seconds. */
  pack: number;
  /** Most under a lease at once. */
  inFlight: number;
  /**
   * Number whose multiples are claimed: a pack, as claims that follow each single outcome would make tasks of one delivery
   * each; 1 where only one pack fits, whose last delivery must not hold up all others.
   */
  step: number;
}

interface Known {
  meanMs: number;
  packs: number;
}

const FIRST_PACKS = limits.inFlightPerEndpoint / limits.packDeliveries;
/** An endpoint that nobody has seen may be one that does not answer. */
const UNSEEN: Window = {
  ...windowOf(limits.unseenPack, FIRST_PACKS),
  packMs: limits.stallMs,
  isProven: false,
};

/**
 * Learns how much each endpoint of a tenant may have under way: one pack more for each that went well, half as many when it
 * brakes. It learns, too, which share of the consumers' time the tenant may have: more while its tasks are taken up at once, half
 * when they wait in the queue, where others wait beside them. A relay remembers it as long as it stays in memory; afterwards
 * endpoints begin anew.
 */
export class Windows {
  readonly #known = new Map<string, Known>();
  readonly #unseen: Window;
  #shareMs: number;
  #quietUntil = 0;
  /** Least wait of a task, which a queue takes also when it is empty. */
  #leastWaitMs = Number.POSITIVE_INFINITY;

  /**
   * @param shareMs share to begin with, in milliseconds of consumers' time
   * @param unseenMs mean of endpoints that nobody has seen. Undefined: they may be slow
   */
  constructor({ shareMs = limits.shareMs.from, unseenMs }: { shareMs?: number; unseenMs?: number } = {}) {
    this.#shareMs = shareMs;
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

  /** Milliseconds of consumers' time that tasks of the tenant may take at once. */
  get shareMs(): number {
    return this.#shareMs;
  }

  learn(seen: Observation): void {
    this.#learnShare(seen);
    const { endpointId, meanMs, deliveries, isBraking } = seen;
    const wasFull = deliveries >= this.of(endpointId).pack;
    const { meanMs: before, packs } = this.#known.get(endpointId) ?? { meanMs, packs: FIRST_PACKS };
    const smoothed = before + limits.observationShare * (meanMs - before);
    this.#known.set(endpointId, {
      meanMs: isBraking ? Math.max(smoothed, meanMs) : smoothed,
      packs: isBraking ? Math.max(1, Math.floor(packs / 2)) : packs + (wasFull ? 1 : 0),
    });
  }

  /** A slow endpoint's task widens the share by little: it says that there are consumers left, and takes long of one. */
  #learnShare({ endpointId, meanMs, deliveries, waitedMs }: Observation): void {
    if (waitedMs === undefined || deliveries === 0) return;
    const { from, to, slowStep } = limits.shareMs;
    const { short, long } = limits.queueWaitMs;
    const step = meanMs >= limits.slowMs ? slowStep : this.of(endpointId).packMs;
    // A clock that is behind must not make all other waits look long.
    this.#leastWaitMs = Math.min(this.#leastWaitMs, Math.max(waitedMs, 0));
    const inLineMs = waitedMs - this.#leastWaitMs;
    if (inLineMs < short) this.#shareMs = Math.min(this.#shareMs + step, to);
    else if (inLineMs >= long) this.#shareMs = Math.max(this.#shareMs / 2, from);
  }

  of(endpointId: string): Window {
    const known = this.#known.get(endpointId);
    return known ? windowFor(known) : this.#unseen;
  }

  /** Deliveries in flight at which no endpoint has room for more. */
  get countedTo(): number {
    const windows = [this.#unseen, ...[...this.#known.keys()].map((endpointId) => this.of(endpointId))];
    return Math.max(...windows.map(({ inFlight, step }) => inFlight - step + 1));
  }
}

function windowFor({ meanMs, packs }: Known): Window {
  const pack = packFor(meanMs);
  const most = Math.max(1, Math.floor(limits.inFlightPerEndpointMost / pack));
  return {
    ...windowOf(pack, Math.min(packs, most)),
    packMs: packMs(meanMs, pack),
    isProven: meanMs < limits.slowMs,
  };
}

function windowOf(pack: number, packs: number) {
  return { pack, inFlight: packs * pack, step: packs > 1 ? pack : 1 };
}

/** An invocation hands in when nothing is answered for a while. */
function packMs(meanMs: number, pack: number): number {
  if (meanMs >= limits.slowMs) return limits.stallMs;
  return Math.max((pack * meanMs) / limits.concurrentSends, limits.taskLeastMs);
}

/** Deliveries that one invocation sends in time, when each takes so long: at least those that begin at once. */
function packFor(meanMs: number): number {
  const inTime = Math.floor((limits.packMs / Math.max(meanMs, 1)) * limits.concurrentSends);
  return Math.min(Math.max(inTime, limits.concurrentSends), limits.packDeliveries);
}
