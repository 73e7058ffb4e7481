import { D1_WORDS } from "../support/faults/d1-words.ts";
import { SeededRandom } from "./random.ts";
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

/** What a platform does that mostly works. They are drawn from a stream of their own: the histories without them do not change by them. */
export const PLATFORM_FAULTS = [
  /** `sendBatch` does not answer, for minutes or for ever. It may have taken the tasks. */
  "queue-hangs",
  /** A relay does not answer a wake, for minutes or for ever. It may have set its alarm. */
  "relay-hangs",
  /** D1 answers nobody for a while. */
  "d1-stalls",
  /** The database is full for a while. */
  "d1-full",
  /** A client hangs up right after the batch of its commit; also when the world has healed. */
  "cut-off",
  /** A wake is answered well, and the alarm was never set; if it is for later, also when the world has healed. */
  "wake-swallowed",
  /** An alarm stands, and never goes off. */
  "alarm-sticks",
  /** An alarm that is set within an alarm, for the instant at which it is set or an earlier one, never goes off; also when the world has healed. */
  "alarm-stalls",
  /** No consumer runs, for minutes. */
  "consumers-away",
  /** Two versions of the Worker are side by side: the older one has not all of the handlers, nor the same subscriptions. */
  "versions",
  /** An isolate computes, and its clock stands meanwhile. */
  "clock-stands",
  /** A statement of the app is refused by its own trigger, in words of D1. */
  "own-words",
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number] | (typeof PLATFORM_FAULTS)[number];

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
  "queue-hangs": 0.05,
  "relay-hangs": 0.1,
  "d1-stalls": 1,
  "d1-full": 1,
  "cut-off": 0.3,
  "wake-swallowed": 0.2,
  "alarm-sticks": 0.1,
  "alarm-stalls": 1,
  "consumers-away": 1,
  versions: 1,
  "clock-stands": 0.3,
  "own-words": 0.2,
};

/** How likely a history has one of the platform: more so where nothing else goes wrong. */
const PLATFORM_LIKELY = { calm: 0.3, otherwise: 0.1 };

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
  readonly #platformRandom: SeededRandom;
  readonly timeline: Timeline;
  #healed = false;

  /** @param without kinds that no history is to have */
  constructor(seed: number, random: SeededRandom, timeline: Timeline, without: readonly string[] = []) {
    this.#random = random;
    this.#platformRandom = new SeededRandom(seed ^ 0x3c6ef372);
    this.timeline = timeline;
    // One history in eight has none: what goes wrong there, goes wrong by itself.
    const calm = random.chance(1 / 8);
    const kinds = calm ? [] : FAULT_KINDS.filter((kind) => random.chance(LIKELY[kind] ?? 0.35));
    for (const kind of kinds) this.#rates.set(kind, RATES[kind] * random.between(0.2, 1.5));
    const platform = this.#platformRandom;
    const likely = calm ? PLATFORM_LIKELY.calm : PLATFORM_LIKELY.otherwise;
    const ofPlatform = PLATFORM_FAULTS.filter(() => platform.chance(likely));
    for (const kind of ofPlatform) this.#rates.set(kind, RATES[kind] * platform.between(0.5, 1.5));
    for (const kind of without) this.#rates.delete(kind as FaultKind);
    this.kinds = [...this.#rates.keys()];
  }

  has(kind: FaultKind): boolean {
    return this.kinds.includes(kind);
  }

  /** Whether this one strikes here and now. */
  strikes(kind: FaultKind): boolean {
    const rate = this.#rates.get(kind);
    if (this.#healed || rate === undefined) return false;
    return (isOfPlatform(kind) ? this.#platformRandom : this.#random).chance(rate);
  }

  /** Whether this one strikes here and now, also when the world has healed. */
  strikesAlways(kind: FaultKind): boolean {
    const rate = this.#rates.get(kind);
    return rate !== undefined && this.#platformRandom.chance(rate);
  }

  get healed(): boolean {
    return this.#healed;
  }

  /** What faults of the platform leave to chance beside whether they strike. */
  get random(): SeededRandom {
    return this.#platformRandom;
  }

  /** An error as D1 throws it, in any of the words it has for such a case. Below its binding, some come unsigned. */
  d1Error(kind: keyof typeof D1_WORDS): Error {
    const words = this.#platformRandom.pick<string>([...D1_WORDS[kind]]);
    const unsigned = UNSIGNED.test(words) && this.#platformRandom.chance(0.5);
    return unsigned ? new Error(words) : new Error(`D1_ERROR: ${words}`, { cause: new Error(words) });
  }

  /** Whether a message is one that kills whoever sends it: it is from the beginning, and stays so. */
  isPoison(messageId: string): boolean {
    const rate = this.#rates.get("poison");
    return rate !== undefined && fractionOf(messageId) < rate;
  }

  record(kind: FaultKind, text: string): void {
    this.recorded.push({ kind, at: this.timeline.now });
    this.timeline.note(`! ${kind}: ${text}`);
  }

  skewMs(): number {
    return this.strikes("clock-skew") ? this.#random.between(-900, 900) : 0;
  }

  /** From now on the world is a good one. */
  heal(): void {
    this.#healed = true;
  }
}

const UNSIGNED = /^(Network|internal|Durable|The Durable|Too many|Can't)/;

function isOfPlatform(kind: FaultKind): boolean {
  return (PLATFORM_FAULTS as readonly string[]).includes(kind);
}

/** The random digits of an id, as a number from 0 to 1. */
function fractionOf(messageId: string): number {
  return Number.parseInt(messageId.slice(-4), 36) / 36 ** 4;
}
