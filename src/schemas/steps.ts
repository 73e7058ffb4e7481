import type { Clock } from "../platform/clock.ts";
import { limits } from "../platform/limits.ts";
import type { Meter } from "../platform/meter.ts";

/** Steps between two looks at the clock. */
const STEPS_PER_LOOK = 10_000;

/**
 * Budget of steps for checking the payloads of one commit. A step is a schema, a keyword, or an examined part of a
 * value. Schemas can ask for unbounded steps, and the isolate is shared. A deadline backs it up, in runtimes whose
 * clock runs during computation; Cloudflare's clock stands still, and there `cpu_ms` is the last bound.
 */
export class Steps {
  #left: number = limits.schemaSteps;
  #allowed: number = limits.schemaSteps;
  #untilLook = STEPS_PER_LOOK;
  #told = 0;
  readonly #clock: Clock;
  #endsAt: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#endsAt = clock.now() + limits.schemaCheckMs;
  }

  /** A longer payload adds steps. */
  allow(payload: string): void {
    const more = payload.length * limits.schemaStepsPerCharacter;
    const allowed = Math.min(more, limits.schemaStepsMax - this.#allowed);
    this.#allowed += allowed;
    this.#left += allowed;
  }

  /** Reports the steps taken since the last report. */
  async tell(meter: Meter): Promise<void> {
    const taken = this.#allowed - this.#left;
    const more = taken - this.#told;
    this.#told = taken;
    const leftAt = this.#clock.now();
    await meter.turn(more);
    // Time of other requests does not count.
    this.#endsAt += this.#clock.now() - leftAt;
  }

  /** @throws {Error} when no steps are left */
  spend(steps: number): void {
    this.#left -= steps;
    this.#untilLook -= steps;
    if (this.#left < 0) throw new Error("The check takes too many steps");
    if (this.#untilLook > 0) return;
    this.#untilLook = STEPS_PER_LOOK;
    if (this.#clock.now() > this.#endsAt) throw new Error("The check takes too long");
  }
}
