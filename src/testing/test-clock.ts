import { type Clock, systemClock } from "../platform/clock.ts";

/** The system's time, and what a test has moved it on by. It goes on as the system's does, and so does all waiting. */
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
