/**
 * Time, as one history has it: it stands while code runs, and jumps to the next thing that is to happen.
 * One thing happens at once, in an order that depends on nothing but the seed.
 */
export class Timeline {
  now = Date.parse("2026-11-23T00:00:00Z");
  readonly #startedAt = this.now;
  readonly #agenda: { at: number; order: number; happen: () => void }[] = [];
  readonly #history: string[] = [];
  #order = 0;

  /** Resolves after so many milliseconds. */
  after(ms: number): Promise<void> {
    return new Promise((resolve) => this.at(this.now + ms, resolve));
  }

  at(instant: number, happen: () => void): void {
    const entry = { at: Math.max(instant, this.now), order: this.#order++, happen };
    let low = 0;
    let high = this.#agenda.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#agenda[middle];
      if (other && (other.at < entry.at || (other.at === entry.at && other.order < entry.order)))
        low = middle + 1;
      else high = middle;
    }
    this.#agenda.splice(low, 0, entry);
  }

  /** Lets things happen until the instant, or until nothing is left to happen. */
  async runUntil(instant: number): Promise<void> {
    // What has just been begun puts its first step on the agenda.
    await quiescence();
    for (let next = this.#agenda[0]; next && next.at <= instant; next = this.#agenda[0]) {
      this.#agenda.shift();
      this.now = next.at;
      next.happen();
      await quiescence();
    }
    this.now = Math.max(this.now, instant);
  }

  note(text: string): void {
    this.#history.push(`${((this.now - this.#startedAt) / 1000).toFixed(3).padStart(10)} ${text}`);
  }

  get history(): readonly string[] {
    return this.#history;
  }
}

/** Every promise that could go on has gone on: none of the code under test waits for anything but the timeline. */
function quiescence(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
