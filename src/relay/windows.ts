import type { Observation } from "../domain/observation.ts";
import { limits } from "../platform/limits.ts";

/** Room of an endpoint, in deliveries. */
export interface Window {
  /** Most in one task: as many as an invocation carries out in some seconds. */
  pack: number;
  /** Most under a lease at once. */
  inFlight: number;
}

interface Known {
  meanMs: number;
  packs: number;
}

const FIRST: Window = { pack: limits.packDeliveries, inFlight: limits.inFlightPerEndpoint };
const FIRST_PACKS = limits.inFlightPerEndpoint / limits.packDeliveries;

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
    return { pack, inFlight: Math.min(known.packs, most) * pack };
  }

  /** Deliveries in flight at which no endpoint has room for a pack. */
  get countedTo(): number {
    const windows = [FIRST, ...[...this.#known.keys()].map((endpointId) => this.of(endpointId))];
    return Math.max(...windows.map(({ pack, inFlight }) => inFlight - pack + 1));
  }
}

/** Deliveries that one invocation sends in time, when each takes so long: of slow ones no more than begin at once. */
function packFor(meanMs: number): number {
  if (meanMs >= limits.stallMs) return limits.concurrentSends;
  const inTime = Math.floor((limits.packMs / Math.max(meanMs, 1)) * limits.concurrentSends);
  return Math.min(Math.max(inTime, limits.concurrentSends), limits.packDeliveries);
}
