/** A bounded number of values, each remembered until an instant. */
export class ExpiringMap<V> {
  readonly #entries = new Map<string, { value: V; endsAt: number }>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  get(key: string, now: number): V | undefined {
    const entry = this.#entries.get(key);
    return entry && entry.endsAt > now ? entry.value : undefined;
  }

  /** A full map drops its expired entries, or all entries if none has expired. */
  set(key: string, value: V, endsAt: number, now: number): void {
    if (this.#entries.size >= this.#most) {
      for (const [known, entry] of this.#entries) if (entry.endsAt <= now) this.#entries.delete(known);
    }
    if (this.#entries.size >= this.#most) this.#entries.clear();
    this.#entries.set(key, { value, endsAt });
  }
}
