import type { Clock } from "../platform/clock.ts";
import { limits } from "../platform/limits.ts";
import type { Settled } from "./settle.ts";
import type { Verdict } from "./verdict.ts";

type Write = (verdicts: readonly Verdict[]) => Promise<Settled>;

interface Entry {
  verdicts: Verdict[];
  written: PromiseWithResolvers<Settled>;
}

/**
 * Gathers the verdicts of one task, and writes them one batch at a time; verdicts that arrive meanwhile go with the
 * next. A lane that may go on only after its verdict is on record awaits the write; all other verdicts are written
 * later. Every verdict is written within a second, even while the rest of the task hangs: a lease has time for that
 * after its last attempt, and a crash repeats at most a second's sends.
 */
export class Ledger {
  #waiting: Entry[] = [];
  #cancelTimer: (() => void) | undefined;
  #writing: Promise<void> | undefined;
  readonly #write: Write;
  readonly #clock: Clock;
  /** Instant of the endpoint's next turn, as of the last batch; null for none. */
  nextAt: number | null = null;

  constructor(write: Write, clock: Clock) {
    this.#write = write;
    this.#clock = clock;
  }

  /** Writes the verdicts with the next batch, and answers when it is committed. */
  async record(verdicts: Verdict[]): Promise<Settled> {
    const written = this.#enter(verdicts);
    void this.#writeAll();
    return written;
  }

  /** Writes the verdicts with a batch to come. A failure to write them shows in `finish`. */
  recordLater(verdicts: Verdict[]): void {
    this.#enter(verdicts).catch((error) => {
      this.#failure = { error };
    });
    this.#cancelTimer ??= this.#clock.after(limits.settleEveryMs, () => void this.#writeAll());
  }

  /** Writes all waiting verdicts. Never throws. */
  async flush(): Promise<void> {
    await this.#writeAll();
  }

  /** Writes all waiting verdicts, and throws if any batch could not be written. */
  async finish(): Promise<void> {
    await this.#writeAll();
    if (this.#failure) throw this.#failure.error;
  }

  #failure: { error: unknown } | undefined;

  #enter(verdicts: Verdict[]): Promise<Settled> {
    const written = Promise.withResolvers<Settled>();
    this.#waiting.push({ verdicts, written });
    return written.promise;
  }

  #writeAll(): Promise<void> {
    if (this.#waiting.length === 0 && !this.#writing) return Promise.resolve();
    this.#writing ??= this.#writeLoop();
    return this.#writing;
  }

  async #writeLoop(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      this.#cancelTimer?.();
      this.#cancelTimer = undefined;
      try {
        const settled = await this.#write(batch.flatMap(({ verdicts }) => verdicts));
        this.nextAt = settled.nextAt;
        for (const { written } of batch) written.resolve(settled);
      } catch (error) {
        for (const { written } of batch) written.reject(error);
      }
    }
    this.#writing = undefined;
  }
}
