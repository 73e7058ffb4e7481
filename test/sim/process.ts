import type { Clock } from "../../src/platform/clock.ts";
import type { Faults } from "./faults.ts";
import type { Isolate } from "./isolate.ts";
import type { SeededRandom } from "./random.ts";
import type { Timeline } from "./timeline.ts";

/** An isolate is busy for so long at most: less than what a lease has left when its last attempt times out. */
export const COMPUTING_MS = 1_800;
/** One for each call: what awaits a promise is kept for as long as the promise. */
const never = () => new Promise<never>(() => {});
/** What was handed to `waitUntil` may go on for so long, when the client has its answer, or is gone. */
const WAIT_UNTIL_MS = 30_000;
const TIMED_OUT = new DOMException("It took too long", "TimeoutError");

/** One run of some code in some isolate. It can die at any of its awaits, and its clock may be off. */
export class Process {
  readonly name: string;
  readonly timeline: Timeline;
  readonly random: SeededRandom;
  readonly faults: Faults;
  /** The copy of the Worker in memory that it runs in. */
  readonly isolate: Isolate | undefined;
  readonly #skewMs: number;
  #dead = false;
  #awaited: { what: string; act: () => void } | undefined;
  #mourn: (() => void) | undefined;
  #kept = 0;
  #released = false;
  /** When it last heard of something outside: until then its clock stands. */
  #heardAt: number;

  constructor(
    name: string,
    world: { timeline: Timeline; random: SeededRandom; faults: Faults },
    isolate?: Isolate,
  ) {
    this.name = name;
    this.timeline = world.timeline;
    this.random = world.random;
    this.faults = world.faults;
    this.isolate = isolate;
    this.#skewMs = world.faults.skewMs();
    this.#heardAt = world.timeline.now;
  }

  get isDead(): boolean {
    return this.#dead;
  }

  readonly clock: Clock = {
    now: () =>
      Math.round((this.faults.has("clock-stands") ? this.#heardAt : this.timeline.now) + this.#skewMs),
    timeout: (ms) => this.#signalAfter(ms),
    sleep: (ms) => this.step("sleep", () => undefined, ms),
    after: (ms, act) => {
      let cancelled = false;
      this.timeline.at(this.timeline.now + ms, () => {
        if (cancelled || this.#dead) return;
        this.#heardAt = this.timeline.now;
        act();
      });
      return () => {
        cancelled = true;
      };
    },
  };

  /** Something that takes time and happens elsewhere, in one go. Either side of it may be the process's last moment. */
  async step<T>(what: string, act: () => T, latencyMs = this.random.between(0.2, 8)): Promise<T> {
    if (this.#dead) return never();
    this.#perhapsDie(what, "before");
    if (this.faults.strikes("clock-stands")) await this.#compute();
    await this.timeline.after(latencyMs);
    return this.#happen(what, act);
  }

  /** Something that happens here and now, and is through after a while. */
  async local<T>(what: string, act: () => T): Promise<T> {
    if (this.#dead) return never();
    this.#perhapsDie(what, "before");
    return this.#happen(what, act);
  }

  async #happen<T>(what: string, act: () => T): Promise<T> {
    if (this.#dead) return never();
    const settled = attempt(act);
    this.#happened(what);
    this.#perhapsDie(what, "after");
    await this.timeline.after(this.random.between(0.2, 8));
    if (this.#dead) return never();
    this.#heardAt = this.timeline.now;
    if (settled.failed) throw settled.error;
    return settled.value;
  }

  /** Something elsewhere that does not answer: for some minutes, or for ever. */
  async hang(what: string, act: (() => void) | undefined): Promise<never> {
    if (this.#dead) return never();
    await this.timeline.after(this.random.between(0.2, 8));
    if (this.#dead) return never();
    act?.();
    if (this.faults.random.chance(0.5)) return never();
    await this.timeline.after(this.faults.random.between(30_000, 300_000));
    if (this.#dead) return never();
    this.#heardAt = this.timeline.now;
    throw new Error(`${what}: Network connection lost.`);
  }

  /** Does something as soon as the next of these has happened. */
  afterNext(what: string, act: () => void): void {
    this.#awaited = { what, act };
  }

  #happened(what: string) {
    if (this.#awaited?.what !== what) return;
    const { act } = this.#awaited;
    this.#awaited = undefined;
    act();
  }

  /** The isolate is busy: time goes by, and not for its clock. */
  async #compute() {
    const ms = this.faults.random.between(10, COMPUTING_MS);
    this.faults.record("clock-stands", `${this.name} computes for ${Math.round(ms)} ms`);
    await this.timeline.after(ms);
  }

  /** `ctx.waitUntil`. */
  keepAlive(work: Promise<unknown>): void {
    this.#kept++;
    const done = () => {
      this.#kept--;
      this.#endIfDone();
    };
    void work.then(done, done);
  }

  /** Its client has its answer, or is gone: what was handed to `waitUntil` goes on for a while. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.timeline.at(this.timeline.now + WAIT_UNTIL_MS, () => this.end());
    this.#endIfDone();
  }

  /** It is through, or the platform ends it: nobody looks after it. */
  end(): void {
    this.#dead = true;
  }

  /** What the platform does about its death, which it notices only some time later. */
  onDeath(mourn: () => void): void {
    this.#mourn = mourn;
  }

  #die() {
    this.#dead = true;
    if (this.#mourn) this.timeline.at(this.timeline.now + this.random.between(0, 500), this.#mourn);
  }

  #endIfDone() {
    if (this.#released && this.#kept === 0) this.end();
  }

  #signalAfter(ms: number): AbortSignal {
    const controller = new AbortController();
    this.timeline.at(this.timeline.now + ms, () => {
      if (this.#dead) return;
      this.#heardAt = this.timeline.now;
      controller.abort(TIMED_OUT);
    });
    return controller.signal;
  }

  /** What it is about to do is its end. */
  killedBy(what: string): void {
    if (this.#dead) return;
    this.#die();
    this.faults.record("poison", `${this.name} dies of ${what}`);
  }

  #perhapsDie(what: string, side: string) {
    if (this.#dead || !this.faults.strikes("death")) return;
    this.#die();
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

export function isolateOf({ name, isolate }: Process): Isolate {
  if (!isolate) throw new Error(`${name} runs in no isolate`);
  return isolate;
}
