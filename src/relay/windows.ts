import type { Observation } from "../domain/observation.ts";
import { limits } from "../platform/limits.ts";

/** Room of an endpoint, in deliveries. */
export interface Window {
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
const FIRST = windowOf(limits.packDeliveries, FIRST_PACKS);

/**
 * Learns how much each endpoint of a tenant may have under way: one pack more for each that went well, half as many when it
 * brakes. A relay remembers it as long as it stays in memory; afterwards endpoints begin anew.
 */
export class Windows {
  readonly #known = new Map<string, Known>();

  learn({ endpointId, meanMs, deliveries, isBraking }: Observation): void {
    const { meanMs: before, packs } = this.#known.get(endpointId) ?? { meanMs, packs: FIRST_PACKS };
    const smoothed = before + limits.observationShare * (meanMs - before);
    const wasFull = deliveries >= packFor(before);
    this.#known.set(endpointId, {
      meanMs: isBraking ? Math.max(smoothed, meanMs) : smoothed,
      packs: isBraking ? Math.max(1, Math.floor(packs / 2)) : packs + (wasFull ? 1 : 0),
    });
  }

  of(endpointId: string): Window {
    const known = this.#known.get(endpointId);
    if (!known) return FIRST;
    const pack = packFor(known.meanMs);
    const most = Math.max(1, Math.floor(limits.inFlightPerEndpointMost / pack));
    return windowOf(pack, Math.min(known.packs, most));
  }

  /** Deliveries in flight at which no endpoint has room for more. */
  get countedTo(): number {
    const windows = [FIRST, ...[...this.#known.keys()].map((endpointId) => this.of(endpointId))];
    return Math.max(...windows.map(({ inFlight, step }) => inFlight - step + 1));
  }
}

function windowOf(pack: number, packs: number): Window {
  return { pack, inFlight: packs * pack, step: packs > 1 ? pack : 1 };
}

/** Deliveries that one invocation sends in time, when each takes so long: of slow ones no more than begin at once. */
function packFor(meanMs: number): number {
  if (meanMs >= limits.stallMs) return limits.concurrentSends;
  const inTime = Math.floor((limits.packMs / Math.max(meanMs, 1)) * limits.concurrentSends);
  return Math.min(Math.max(inTime, limits.concurrentSends), limits.packDeliveries);
}
