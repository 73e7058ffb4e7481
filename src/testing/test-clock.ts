import { type Clock, systemClock } from "../platform/clock.ts";

/** The system's time, plus the moves of a test. Waits take real time. */
export class TestClock implements Clock {
  #aheadMs = 0;

  readonly now = () => systemClock.now() + this.#aheadMs;
  readonly timeout = systemClock.timeout;
  readonly sleep = systemClock.sleep;
  readonly after = systemClock.after;

  advance(ms: number): void {
    this.#aheadMs += ms;
  }
}
