import type { Observation } from "../domain/observation.ts";
import { limits } from "../platform/limits.ts";

/** Times the attempts of one task. */
export class Observer {
  readonly #waitedMs: number | undefined;
  #ended = 0;
  #endedMs = 0;
  #isBraking = false;
  /** Instants at which those under way were begun. */
  readonly #underWay = new Set<{ at: number }>();

  /** @param waitedMs time for which the task waited in its queue, if it was handed out for the first time */
  constructor(waitedMs: number | undefined) {
    this.#waitedMs = waitedMs;
  }

  /** Times an attempt until what it answers is called. */
  begin(now: number): (now: number) => void {
    const begun = { at: now };
    this.#underWay.add(begun);
    return (now) => {
      this.#underWay.delete(begun);
      this.#ended++;
      this.#endedMs += now - begun.at;
    };
  }

  /** The endpoint wants to be spared. */
  brake(): void {
    this.#isBraking = true;
  }

  /** Undefined when nothing was tried. */
  observe(endpointId: string, deliveries: number, now: number): Observation | undefined {
    const lasting = [...this.#underWay].map(({ at }) => now - at);
    const count = this.#ended + lasting.length;
    if (count === 0) return undefined;
    const meanMs = lasting.reduce((sum, ms) => sum + ms, this.#endedMs) / count;
    const hangs = lasting.some((ms) => ms >= limits.hangsMs);
    const waitedMs = this.#waitedMs;
    const seen = { endpointId, meanMs, deliveries, isBraking: this.#isBraking || hangs };
    return waitedMs === undefined ? seen : { ...seen, waitedMs };
  }
}
