import type { SeededRandom } from "./random.ts";
import type { Timeline } from "./timeline.ts";

/** What can go wrong. Each history has some of them, each at a rate of its own. */
export const FAULT_KINDS = [
  /** A process ends at one of its awaits. */
  "death",
  /** A D1 call fails, and has not happened. */
  "d1-before",
  /** A D1 call fails, and has happened all the same. */
  "d1-after",
  "d1-overloaded",
  "queue-loses",
  "queue-duplicates",
  "queue-delays",
  "queue-refuses",
  /** The queue took the tasks, and says that it did not. */
  "queue-lies",
  "alarm-vanishes",
  "wake-fails",
  /** The endpoint did its work, and its answer got lost. */
  "answer-lost",
  "endpoint-fails",
  "endpoint-hangs",
  "clock-skew",
  "restore",
  /** An endpoint fails for a while, whatever it gets. */
  "endpoint-down",
  /** A message that kills whoever sends it, also when the world has healed. */
  "poison",
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

const RATES: Record<FaultKind, number> = {
  death: 0.02,
  "d1-before": 0.02,
  "d1-after": 0.02,
  "d1-overloaded": 0.02,
  "queue-loses": 0.1,
  "queue-duplicates": 0.2,
  "queue-delays": 0.1,
  "queue-refuses": 0.1,
  "queue-lies": 0.05,
  "alarm-vanishes": 0.1,
  "wake-fails": 0.2,
  "answer-lost": 0.05,
  "endpoint-fails": 0.3,
  "endpoint-hangs": 0.1,
  "clock-skew": 0.5,
  restore: 1,
  "endpoint-down": 0.5,
  poison: 0.03,
};

/** How likely a history has it, where that is not 35 %. */
const LIKELY: Partial<Record<FaultKind, number>> = { restore: 0.1, poison: 0.15 };

export interface RecordedFault {
  kind: FaultKind;
  at: number;
}

/** The faults of one history: which there are, how often they strike, and which have. */
export class Faults {
  readonly kinds: readonly FaultKind[];
  readonly recorded: RecordedFault[] = [];
  readonly #rates = new Map<FaultKind, number>();
  readonly #random: SeededRandom;
  readonly #timeline: Timeline;
  #healed = false;

  constructor(random: SeededRandom, timeline: Timeline) {
    this.#random = random;
    this.#timeline = timeline;
    // One history in eight has none: what goes wrong there, goes wrong by itself.
    const calm = random.chance(1 / 8);
    this.kinds = calm ? [] : FAULT_KINDS.filter((kind) => random.chance(LIKELY[kind] ?? 0.35));
    for (const kind of this.kinds) this.#rates.set(kind, RATES[kind] * random.between(0.2, 1.5));
  }

  has(kind: FaultKind): boolean {
    return this.kinds.includes(kind);
  }

  /** Whether this one strikes here and now. */
  strikes(kind: FaultKind): boolean {
    const rate = this.#rates.get(kind);
    return !this.#healed && rate !== undefined && this.#random.chance(rate);
  }

  /** Whether a message is one that kills whoever sends it: it is from the beginning, and stays so. */
  isPoison(messageId: string): boolean {
    const rate = this.#rates.get("poison");
    return rate !== undefined && fractionOf(messageId) < rate;
  }

  record(kind: FaultKind, text: string): void {
    this.recorded.push({ kind, at: this.#timeline.now });
    this.#timeline.note(`! ${kind}: ${text}`);
  }

  skewMs(): number {
    return this.strikes("clock-skew") ? this.#random.between(-900, 900) : 0;
  }

  /** From now on the world is a good one. */
  heal(): void {
    this.#healed = true;
  }
}

/** The random digits of an id, as a number from 0 to 1. */
function fractionOf(messageId: string): number {
  return Number.parseInt(messageId.slice(-4), 36) / 36 ** 4;
}
