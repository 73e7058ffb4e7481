import type { Problem } from "./api.ts";
import { ofBrowser } from "./storage.ts";

/** `live`: as often as each part of a page wants; `slow`: every 30 seconds; `off`: only when asked. */
export type Pace = "live" | "slow" | "off";
const PACES: readonly Pace[] = ["live", "slow", "off"];

/** Milliseconds between two readings, by what is read. */
export const EVERY = { open: 1500, gauges: 5000, lists: 5000, tail: 15_000, sums: 60_000 } as const;

const SLOW_MS = 30_000;
const LONGEST_MS = 60_000;
/** Least time between the beginnings of two readings: at most 2 a second for each tab. */
const APART_MS = 500;
const STORED = "edge-outbox-live";

/** A reading that repeats, for as many parts of the page as want it. */
interface Repeated {
  users: number;
  /** More than 1 after a refusal, until an answer comes. */
  factor: number;
}

/**
 * Readings that repeat. None is made while the page is hidden; one that is overdue is made when it is seen again. A
 * refusal for too many requests, or a failure, doubles the time between two readings of its address up to a minute: an
 * answer from another address tells nothing of it.
 */
class Live {
  readonly #repeated = new Map<string, Repeated>();
  #nextAt = 0;
  #pace: Pace = PACES.find((pace) => pace === ofBrowser.get(STORED)) ?? "live";
  #holds = 0;
  readonly #watchers = new Set<() => void>();

  get pace(): Pace {
    return this.#pace;
  }
  set pace(pace: Pace) {
    this.#pace = pace;
    ofBrowser.set(STORED, pace);
    this.#tell();
  }

  /** True while a reading is repeated more slowly, after a refusal. */
  get isSlowed(): boolean {
    return [...this.#repeated.values()].some(({ factor }) => factor > 1);
  }

  /** Calls `watcher` at each change of the pace. Returns the end of it. */
  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** Stops all readings until the end of it, which this returns: what is acted on stays where it is. */
  hold(): () => void {
    this.#holds++;
    return () => {
      this.#holds--;
      this.#tell();
    };
  }

  heard(address: string): void {
    const reading = this.#repeated.get(address);
    if (!reading || reading.factor === 1) return;
    reading.factor = 1;
    this.#tell();
  }

  refused(address: string, { status, retryAfter }: Problem): void {
    if (status !== 429 && status < 500 && status !== 0) return;
    const reading = this.#repeated.get(address);
    if (reading) reading.factor = Math.min(reading.factor * 2, 64);
    if (retryAfter !== undefined) this.#nextAt = Math.max(this.#nextAt, Date.now() + retryAfter * 1000);
    this.#tell();
  }

  /**
   * Repeats a reading.
   * @param address of what is read
   * @param ms time between two readings
   * @param lastAt instant of the latest answer
   * @returns the end of it
   */
  every(
    address: string,
    ms: number,
    read: () => Promise<void>,
    lastAt: () => number | undefined,
  ): () => void {
    const reading = this.#take(address);
    let timer: ReturnType<typeof setTimeout> | undefined;
    let askedAt = 0;
    let ended = false;
    const dueAt = () => Math.max(lastAt() ?? Date.now(), askedAt) + this.#between(ms, reading);
    const plan = () => {
      clearTimeout(timer);
      if (ended || document.hidden || this.#holds > 0 || this.#pace === "off") return;
      timer = setTimeout(run, Math.max(dueAt(), this.#nextAt) - Date.now());
    };
    const run = async () => {
      const now = Date.now();
      if (this.#holds > 0 || now < this.#nextAt) return plan();
      this.#nextAt = now + APART_MS;
      askedAt = now;
      await read().finally(plan);
    };
    plan();
    document.addEventListener("visibilitychange", plan);
    const unwatch = this.watch(plan);
    return () => {
      ended = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", plan);
      unwatch();
      this.#leave(address, reading);
    };
  }

  #take(address: string): Repeated {
    const reading = this.#repeated.get(address) ?? { users: 0, factor: 1 };
    reading.users++;
    this.#repeated.set(address, reading);
    return reading;
  }

  #leave(address: string, reading: Repeated): void {
    if (--reading.users > 0) return;
    this.#repeated.delete(address);
    if (reading.factor > 1) this.#tell();
  }

  /** Milliseconds between two readings, of which a part of the page wants one each `ms`. */
  #between(ms: number, { factor }: Repeated): number {
    const wanted = this.#pace === "slow" ? Math.max(ms, SLOW_MS) : ms;
    return factor === 1 ? wanted : Math.min(Math.max(wanted, 1000) * factor, LONGEST_MS);
  }

  #tell(): void {
    for (const tell of this.#watchers) tell();
  }
}

export const live = new Live();
