import type { Clock } from "../../src/platform/clock.ts";
import type { Faults } from "./faults.ts";
import type { SeededRandom } from "./random.ts";
import type { Timeline } from "./timeline.ts";

const NEVER = new Promise<never>(() => {});
const TIMED_OUT = new DOMException("It took too long", "TimeoutError");

/** One run of some code on some machine. It can die at any of its awaits, and its clock may be off. */
export class Process {
  readonly name: string;
  readonly timeline: Timeline;
  readonly random: SeededRandom;
  readonly faults: Faults;
  readonly #skewMs: number;
  #dead = false;

  constructor(name: string, world: { timeline: Timeline; random: SeededRandom; faults: Faults }) {
    this.name = name;
    this.timeline = world.timeline;
    this.random = world.random;
    this.faults = world.faults;
    this.#skewMs = world.faults.skewMs();
  }

  get isDead(): boolean {
    return this.#dead;
  }

  readonly clock: Clock = {
    now: () => Math.round(this.timeline.now + this.#skewMs),
    timeout: (ms) => this.#signalAfter(ms),
    sleep: (ms) => this.step("sleep", () => undefined, ms),
    after: (ms, act) => {
      let cancelled = false;
      this.timeline.at(this.timeline.now + ms, () => {
        if (!cancelled && !this.#dead) act();
      });
      return () => {
        cancelled = true;
      };
    },
  };

  /** Something that takes time and happens elsewhere, in one go. Either side of it may be the process's last moment. */
  async step<T>(what: string, act: () => T, latencyMs = this.random.between(0.2, 8)): Promise<T> {
    if (this.#dead) return NEVER;
    this.#perhapsDie(what, "before");
    await this.timeline.after(latencyMs);
    if (this.#dead) return NEVER;
    const settled = attempt(act);
    this.#perhapsDie(what, "after");
    await this.timeline.after(this.random.between(0.2, 8));
    if (this.#dead) return NEVER;
    if (settled.failed) throw settled.error;
    return settled.value;
  }

  #signalAfter(ms: number): AbortSignal {
    const controller = new AbortController();
    this.timeline.at(this.timeline.now + ms, () => {
      if (!this.#dead) controller.abort(TIMED_OUT);
    });
    return controller.signal;
  }

  /** What it is about to do is its end. */
  killedBy(what: string): void {
    if (this.#dead) return;
    this.#dead = true;
    this.faults.record("poison", `${this.name} dies of ${what}`);
  }

  #perhapsDie(what: string, side: string) {
    if (this.#dead || !this.faults.strikes("death")) return;
    this.#dead = true;
    this.faults.record("death", `${this.name} dies ${side} ${what}`);
  }
}

type Attempted<T> = { failed: false; value: T } | { failed: true; error: unknown };

function attempt<T>(act: () => T): Attempted<T> {
  try {
    return { failed: false, value: act() };
  } catch (error) {
    return { failed: true, error };
  }
}
