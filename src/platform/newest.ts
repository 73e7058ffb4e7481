/** The newest entries, up to a number and a size of all together: what is older is forgotten. */
export class Newest<T extends { id: string }> {
  readonly #most: number;
  readonly #mostSize: number;
  readonly #kept: { entry: T; size: number }[] = [];

  constructor({ most, mostSize }: { most: number; mostSize: number }) {
    this.#most = most;
    this.#mostSize = mostSize;
  }

  add(entry: T, size: number): void {
    this.#kept.unshift({ entry, size });
    while (this.#kept.length > 1 && this.#isTooMuch()) this.#kept.pop();
  }

  /** All entries, newest first. */
  list(): T[] {
    return this.#kept.map(({ entry }) => entry);
  }

  find(id: string): T | undefined {
    return this.#kept.find(({ entry }) => entry.id === id)?.entry;
  }

  clear(): void {
    this.#kept.length = 0;
  }

  #isTooMuch(): boolean {
    const size = this.#kept.reduce((sum, kept) => sum + kept.size, 0);
    return this.#kept.length > this.#most || size > this.#mostSize;
  }
}
