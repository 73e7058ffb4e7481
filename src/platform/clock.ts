/** The time, as the rooms see it. Tests and the simulator hand in their own. */
export interface Clock {
  /** Now, in milliseconds since the epoch. */
  now(): number;
  /** A signal that aborts after some milliseconds, with a `TimeoutError`. */
  timeout(ms: number): AbortSignal;
  /** Resolves after some milliseconds. */
  sleep(ms: number): Promise<void>;
  /** Runs an action after some milliseconds. The returned function cancels it. */
  after(ms: number, act: () => void): () => void;
}

/** Randomness, as the rooms see it. */
export interface Random {
  /** Unpredictable bytes. */
  bytes(count: number): Uint8Array;
  /** A number from 0 (included) to 1 (not included), for jitter; not for secrets. */
  fraction(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  timeout: (ms) => AbortSignal.timeout(ms),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  after: (ms, act) => {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
};

export const systemRandom: Random = {
  bytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
  fraction: () => Math.random(),
};
