/** Slots of a group. */
interface Group {
  held: number;
  /** Most that it may hold. */
  most: number;
}

/**
 * Limits how many pieces of work run at once. Each group has a line of its own, and the groups take turns: many of one do not
 * hold up the single one of another. A group that has been announced finds a slot free, however late its first work comes.
 */
export class Slots {
  #free: number;
  #isOpen = false;
  readonly #groups = new Map<unknown, Group>();
  readonly #lines = new Map<unknown, (() => void)[]>();

  constructor(count: number) {
    this.#free = count;
  }

  /** Announces a group, of which at most so many pieces of work run at once. */
  expect(group: unknown, most?: number): void {
    this.#groupOf(group, most);
  }

  /** Ends a group: no slot is kept for it any more. */
  leave(group: unknown): void {
    this.#groups.delete(group);
    this.#admit();
  }

  async run<T>(group: unknown, work: () => Promise<T>): Promise<T> {
    if (this.#mayTake(group)) this.#take(group);
    else await new Promise<void>((admit) => this.#join(group, admit));
    try {
      return await work();
    } finally {
      this.#free++;
      const ended = this.#groups.get(group);
      if (ended) ended.held--;
      this.#admit();
    }
  }

  /** Admits all work, however many slots are taken, but of no group more than its most. */
  open(): void {
    this.#isOpen = true;
    this.#admit();
  }

  /** True if work of the group waits for a slot. */
  isAwaited(group: unknown): boolean {
    return this.#lines.has(group);
  }

  /** A group that holds no slot takes any; others leave one for each group that holds none. */
  #mayTake(group: unknown): boolean {
    const { held, most } = this.#groupOf(group);
    if (held >= most) return false;
    if (this.#isOpen) return true;
    if (held === 0) return this.#free > 0;
    return this.#free > [...this.#groups.values()].filter(({ held }) => held === 0).length;
  }

  #take(group: unknown): void {
    this.#free--;
    this.#groupOf(group).held++;
  }

  #groupOf(name: unknown, most = Number.POSITIVE_INFINITY): Group {
    const group = this.#groups.get(name) ?? { held: 0, most };
    this.#groups.set(name, group);
    return group;
  }

  #join(group: unknown, admit: () => void): void {
    const line = this.#lines.get(group);
    if (line) line.push(admit);
    else this.#lines.set(group, [admit]);
  }

  /** Admits the first of each group whose turn it is, as long as there are slots; the group goes to the end. */
  #admit(): void {
    for (;;) {
      const entry = [...this.#lines].find(([group]) => this.#mayTake(group));
      if (!entry) return;
      const [group, line] = entry;
      const admit = line.shift();
      this.#lines.delete(group);
      if (line.length > 0) this.#lines.set(group, line);
      this.#take(group);
      admit?.();
    }
  }
}
