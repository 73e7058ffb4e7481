import type { Observation } from "../domain/observation.ts";
import { limits } from "../platform/limits.ts";
import type { Window } from "./window.ts";

type Kind = "proven" | "unproven";

/** Endpoints that are slow, or that nobody has seen yet, have a share of their own: they must not keep it from the others. */
const kindOf = ({ isProven }: Window): Kind => (isProven ? "proven" : "unproven");

/** Share of a tenant at an instant. */
export interface ShareNow {
  /** Milliseconds of consumers' time that are left. */
  leftMs: Readonly<Record<Kind, number>>;
  /** Instant at which the next task is taken to be over. */
  freesAt: Readonly<Record<Kind, number>>;
}

/** A task that was handed over, and the instant from which on it is taken to keep no consumer. */
interface HandedOver {
  endpointId: string;
  kind: Kind;
  ms: number;
  until: number;
}

/**
 * Time of consumers that a tenant's tasks may take at once: more while they are taken up at once, half when they wait in the
 * queue, where others wait beside them. A task counts until its consumer tells of its end, and for some seconds at most, because
 * it may be lost, or go on when its invocation has handed in.
 */
export class Share {
  #ms: number;
  /** Least wait of a task, which a queue takes also when it is empty. It rises slowly, as a single task may have been lucky. */
  #leastWaitMs = Number.POSITIVE_INFINITY;
  #handedOver: HandedOver[] = [];

  constructor(ms: number) {
    this.#ms = ms;
  }

  get ms(): number {
    return this.#ms;
  }

  /** A slow endpoint's task widens the share by little: it says that there are consumers left, and takes long of one. */
  learn({ endpointId, meanMs, deliveries, waitedMs }: Observation, { packMs }: Window): void {
    if (deliveries === 0) return;
    const ended = this.#handedOver.findIndex((task) => task.endpointId === endpointId);
    if (ended >= 0) this.#handedOver.splice(ended, 1);
    if (waitedMs === undefined) return;
    const { from, to, slowStep } = limits.shareMs;
    const { short, long } = limits.queueWaitMs;
    // A clock that is behind must not make all other waits look long.
    this.#leastWaitMs = Math.min(this.#leastWaitMs + 1, Math.max(waitedMs, 0));
    const inLineMs = waitedMs - this.#leastWaitMs;
    const step = meanMs >= limits.slowMs ? slowStep : packMs;
    if (inLineMs < short) this.#ms = Math.min(this.#ms + step, to);
    else if (inLineMs >= long) this.#ms = Math.max(this.#ms / 2, from);
  }

  handedOver(
    endpointId: string,
    window: Window,
    { deliveries, now }: { deliveries: number; now: number },
  ): void {
    const task = { endpointId, kind: kindOf(window), ms: window.packMs, until: now + limits.taskCountsMs };
    for (let left = deliveries; left > 0; left -= window.pack) this.#handedOver.push(task);
  }

  at(now: number): ShareNow {
    this.#handedOver = this.#handedOver.filter(({ until }) => until > now);
    const of = (kind: Kind) => this.#handedOver.filter((task) => task.kind === kind);
    const leftOf = (kind: Kind) => of(kind).reduce((left, { ms }) => left - ms, this.#ms);
    const freesAt = (kind: Kind) => Math.min(...of(kind).map(({ until }) => until));
    return {
      leftMs: { proven: leftOf("proven"), unproven: leftOf("unproven") },
      freesAt: { proven: freesAt("proven"), unproven: freesAt("unproven") },
    };
  }
}

/** Plan of what to take of a share. */
export class Taking {
  readonly #leftMs: Record<Kind, number>;

  constructor({ leftMs }: ShareNow) {
    this.#leftMs = { ...leftMs };
  }

  isUsedUp(window: Window): boolean {
    return this.#leftMs[kindOf(window)] <= 0;
  }

  /** Answers the wanted number, or as many whole packs as there is time for. */
  limit(window: Window, wanted: number): number {
    const { pack, packMs } = window;
    const packs = Math.ceil(Math.max(this.#leftMs[kindOf(window)], 0) / packMs);
    return Math.min(wanted, packs * pack);
  }

  take(window: Window, deliveries: number): void {
    const { pack, packMs } = window;
    this.#leftMs[kindOf(window)] -= Math.ceil(deliveries / pack) * packMs;
  }
}

/** Instant at which there is time for an endpoint that may be served at `at`. */
export function shareAt({ leftMs, freesAt }: ShareNow, window: Window, at: number): number {
  const kind = kindOf(window);
  return leftMs[kind] > 0 ? at : Math.max(at, freesAt[kind]);
}
