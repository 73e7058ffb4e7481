/**
 * Limits how many pieces of work run at once. Each group has its own line, and the groups take turns, so that a busy
 * group does not hold up another's single piece.
 */
export class Slots {
  #free: number;
  readonly #lines = new Map<unknown, (() => void)[]>();

  constructor(count: number) {
    this.#free = count;
  }

  async run<T>(group: unknown, work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((admit) => this.#join(group, admit));
    try {
      return await work();
    } finally {
      const admit = this.#next();
      if (admit) admit();
      else this.#free++;
    }
  }

  #join(group: unknown, admit: () => void) {
    const line = this.#lines.get(group);
    if (line) line.push(admit);
    else this.#lines.set(group, [admit]);
  }

  /** Takes the first piece of the group whose turn it is, and moves the group to the end. */
  #next(): (() => void) | undefined {
    const [entry] = this.#lines;
    if (!entry) return undefined;
    const [group, line] = entry;
    const admit = line.shift();
    this.#lines.delete(group);
    if (line.length > 0) this.#lines.set(group, line);
    return admit;
  }
}
