/** The time, as the rooms see it. A test or a simulated world hands in its own. */
export interface Clock {
  /** Now, in milliseconds since the epoch. */
  now(): number;
  /** A signal that aborts after so many milliseconds, with a `TimeoutError`. */
  timeout(ms: number): AbortSignal;
  /** Resolves after so many milliseconds. */
  sleep(ms: number): Promise<void>;
  /** Does something after so many milliseconds, unless what it answers is called before. */
  after(ms: number, act: () => void): () => void;
}

/** Chance, as the rooms see it. */
export interface Random {
  /** So many unpredictable bytes. */
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
