import type { Load } from "./load.ts";

/** Extent of a bench run. */
export interface Scale {
  repetitions: number;
  accept: {
    /** Requests until an isolate is warm: its code is compiled, and it knows the event types. */
    warmUp: number;
    requests: number;
  };
  drain: {
    loads: readonly Load[];
    /** Tries every setting of a peer before it is measured; otherwise the first one is taken. */
    isTuned: boolean;
  };
  latency: { rates: readonly number[]; seconds: number };
}

const ORDERED = { messages: 5_000, keys: 100, endpoints: 1, answerMs: 0 };
const UNORDERED = { ...ORDERED, keys: 0 };

/** The slower the receiver, the fewer messages: the same number for each contender. */
const ofReceivers = (load: Load): Load[] => [
  load,
  { ...load, endpoints: 50 },
  { ...load, messages: 2_000, answerMs: 20 },
  { ...load, messages: 500, answerMs: 200 },
];

export const FULL: Scale = {
  repetitions: 5,
  accept: { warmUp: 2_000, requests: 2_000 },
  drain: { loads: [...ofReceivers(ORDERED), ...ofReceivers(UNORDERED)], isTuned: true },
  latency: { rates: [20, 50, 100], seconds: 10 },
};

/** Shows within three minutes that everything runs. Its figures are coarse. */
export const QUICK: Scale = {
  repetitions: 3,
  accept: { warmUp: 500, requests: 300 },
  drain: {
    loads: [
      { ...ORDERED, messages: 500 },
      { ...UNORDERED, messages: 500 },
    ],
    isTuned: false,
  },
  latency: { rates: [20, 50, 100], seconds: 2 },
};
