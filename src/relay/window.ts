import { limits } from "../platform/limits.ts";

/** Room of an endpoint, in deliveries. */
export interface Window {
  /** Milliseconds for which a full pack keeps a consumer busy. */
  packMs: number;
  /** It is known not to be slow. */
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
  /** Most that one of its tasks sends at once. */
  sends: number;
  /** Most that all of its tasks send at once: its `maxConcurrency`. */
  atOnce: number;
}

/** Observations of an endpoint, summed up. */
export interface Known {
  meanMs: number;
  packs: number;
}

export const FIRST_PACKS = limits.inFlightPerEndpoint / limits.packDeliveries;
/** An endpoint that nobody has seen may be one that does not answer. */
export const UNSEEN: Window = {
  ...windowOf(limits.unseenPack, FIRST_PACKS),
  packMs: limits.stallMs,
  isProven: false,
};

export function windowFor({ meanMs, packs }: Known): Window {
  const pack = packFor(meanMs);
  const most = Math.max(1, Math.floor(limits.inFlightPerEndpointMost / pack));
  return {
    ...windowOf(pack, Math.min(packs, most)),
    packMs: packMs(meanMs, pack),
    isProven: meanMs < limits.slowMs,
  };
}

function windowOf(pack: number, packs: number) {
  const step = packs > 1 ? pack : 1;
  return {
    pack,
    inFlight: packs * pack,
    step,
    sends: limits.concurrentSends,
    atOnce: Number.POSITIVE_INFINITY,
  };
}

/** Window of an endpoint that asks to be spared: of fewer tasks, each of which sends fewer at once and is smaller by as much. */
export function spared(window: Window, maxConcurrency: number | undefined): Window {
  if (maxConcurrency === undefined) return window;
  const tasks = Math.ceil(maxConcurrency / window.sends);
  const sends = Math.floor(maxConcurrency / tasks);
  const pack = Math.max(sends, Math.floor((window.pack * sends) / window.sends));
  const packs = Math.min(Math.floor(window.inFlight / window.pack), tasks);
  const step = packs > 1 ? pack : 1;
  return { ...window, pack, inFlight: packs * pack, step, sends, atOnce: maxConcurrency };
}

/** Deliveries in flight from which on an endpoint has no room for more. */
export function fullFrom({ inFlight, step, atOnce }: Window): number {
  return Math.min(inFlight - step + 1, atOnce);
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
