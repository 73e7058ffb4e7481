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
 * Gathers the verdicts of one task, and writes them one batch at a time; verdicts that arrive meanwhile go with a later
 * one. A lane that may go on only after its verdict is on record awaits the write; all other verdicts are written
 * later. Every verdict is written within a second, even while the rest of the task hangs: a lease has time for that
 * after its last attempt, and a crash repeats at most a second's sends.
 */
export class Ledger {
  #waiting: Entry[] = [];
  /** A lane awaits one of those that wait. */
  #isAwaited = false;
  /** All that waits is to be written now, or as soon as the batch under way is through. */
  #isDue = false;
  #cancelTimer: (() => void) | undefined;
  #writing: Promise<void> | undefined;
  #failure: { error: unknown } | undefined;
  readonly #write: Write;
  readonly #clock: Clock;
  /** Instant of the endpoint's next turn, as of the last batch; null for none. */
  nextAt: number | null = null;

  constructor(write: Write, clock: Clock) {
    this.#write = write;
    this.#clock = clock;
  }

  /** Writes the verdicts with a batch to come, which `writeAwaited` begins, and answers when it is committed. */
  record(verdicts: Verdict[]): Promise<Settled> {
    const written = this.#enter(verdicts);
    this.#isAwaited = true;
    return written;
  }

  /** Writes the verdicts with a batch to come. A failure to write them shows in `finish`. */
  recordLater(verdicts: Verdict[]): void {
    this.#enter(verdicts).catch((error) => {
      this.#failure = { error };
    });
  }

  /** Begins to write, if a lane waits for it. */
  writeAwaited(): void {
    if (this.#isAwaited) void this.#writeOnce();
  }

  /** Writes all that waits, and all that arrives meanwhile. Never throws. */
  async flush(): Promise<void> {
    while (this.#waiting.length > 0 || this.#writing) await this.#writeOnce();
  }

  /** Writes all waiting verdicts, and throws if any batch could not be written. */
  async finish(): Promise<void> {
    await this.flush();
    if (this.#failure) throw this.#failure.error;
  }

  #enter(verdicts: Verdict[]): Promise<Settled> {
    const written = Promise.withResolvers<Settled>();
    this.#waiting.push({ verdicts, written });
    this.#cancelTimer ??= this.#clock.after(limits.settleEveryMs, () => void this.#writeOnce());
    return written.promise;
  }

  /** Writes all that waits, after the batch under way. */
  async #writeOnce(): Promise<void> {
    if (this.#waiting.length > 0) {
      this.#isDue = true;
      this.#writing ??= this.#writeWhileDue();
    }
    await this.#writing;
  }

  async #writeWhileDue(): Promise<void> {
    while (this.#isDue) await this.#writeBatch(this.#take());
    this.#writing = undefined;
  }

  #take(): Entry[] {
    const batch = this.#waiting;
    this.#waiting = [];
    this.#isAwaited = false;
    this.#isDue = false;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    return batch;
  }

  async #writeBatch(batch: readonly Entry[]): Promise<void> {
    try {
      const settled = await this.#write(batch.flatMap(({ verdicts }) => verdicts));
      this.nextAt = settled.nextAt;
      for (const { written } of batch) written.resolve(settled);
    } catch (error) {
      for (const { written } of batch) written.reject(error);
    }
  }
}
