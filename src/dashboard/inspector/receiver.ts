import { receiverLimits as limits } from "../../platform/development-limits.ts";
import { Newest } from "../../platform/newest.ts";
import type { ArrivalDetail, Chosen } from "./answers.ts";

const DEFAULT: Chosen = { answer: "200", seconds: null };

/** Memory of the built-in receiver: the requests that came, and the answers that were chosen. It is an isolate's, and bounded. */
export class Receiver {
  readonly arrivals = new Newest<ArrivalDetail>(limits.arrivals);
  readonly #answers = new Map<string, Chosen>();
  /** Requests that wait for their answer, the oldest first. */
  readonly #waiting = new Set<symbol>();

  keep(arrival: ArrivalDetail): void {
    const headers = arrival.headers.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
    this.arrivals.add(arrival, arrival.body.length + arrival.path.length + headers);
  }

  answerTo(name: string): Chosen {
    return this.#answers.get(name) ?? DEFAULT;
  }

  /** Chooses the answer to further requests of a name. Of too many names the one chosen first is forgotten. */
  choose(name: string, chosen: Chosen): void {
    this.#answers.delete(name);
    const [first] = this.#answers.keys();
    if (this.#answers.size >= limits.names && first !== undefined) this.#answers.delete(first);
    this.#answers.set(name, chosen);
  }

  get answers(): Record<string, Chosen> {
    return Object.fromEntries(this.#answers);
  }

  /**
   * Waits, unless too many others do: then the longest waiting one waits no more.
   * @param isOver asked again and again: true ends it
   */
  async wait(ms: number, sleep: (ms: number) => Promise<void>, isOver: () => boolean): Promise<void> {
    const own = Symbol();
    this.#waiting.add(own);
    const [longest] = this.#waiting;
    if (this.#waiting.size > limits.waiting && longest) this.#waiting.delete(longest);
    for (let left = ms; left > 0 && this.#waiting.has(own) && !isOver(); left -= limits.lookMs) {
      await sleep(Math.min(left, limits.lookMs));
    }
    this.#waiting.delete(own);
  }
}
