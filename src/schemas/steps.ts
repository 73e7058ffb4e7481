import type { Clock } from "../platform/clock.ts";
import { limits } from "../platform/limits.ts";
import type { Meter } from "../platform/meter.ts";

/** How often the clock is looked at, in steps. */
const STEPS_PER_LOOK = 10_000;

/**
 * Steps that checking the payloads of one commit may take: a step is a schema, a keyword, or a part of a value that is looked
 * at. Schemas can ask for more than any machine has, and the isolate is shared. Behind it stands a deadline, where the runtime
 * has a clock that runs while it computes; Cloudflare's stands still, and `cpu_ms` ends what these bounds let pass.
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

  /** A payload brings steps of its own: the longer it is, the more there is to look at. */
  allow(payload: string): void {
    const more = payload.length * limits.schemaStepsPerCharacter;
    const allowed = Math.min(more, limits.schemaStepsMax - this.#allowed);
    this.#allowed += allowed;
    this.#left += allowed;
  }

  /** Tells of the steps that have been taken since it was last told. */
  async tell(meter: Meter): Promise<void> {
    const taken = this.#allowed - this.#left;
    const more = taken - this.#told;
    this.#told = taken;
    const leftAt = this.#clock.now();
    await meter.turn(more);
    // The time of others is not this check's.
    this.#endsAt += this.#clock.now() - leftAt;
  }

  /** @throws {Error} when there are none left */
  spend(steps: number): void {
    this.#left -= steps;
    this.#untilLook -= steps;
    if (this.#left < 0) throw new Error("The check takes too many steps");
    if (this.#untilLook > 0) return;
    this.#untilLook = STEPS_PER_LOOK;
    if (this.#clock.now() > this.#endsAt) throw new Error("The check takes too long");
  }
}
