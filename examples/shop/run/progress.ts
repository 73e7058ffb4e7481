/** Steps that take a while, told as they begin and as they end. */
export class Progress {
  readonly #steps: number;
  #step = 0;

  constructor(steps: number) {
    this.#steps = steps;
  }

  async step<T>(what: string, act: () => Promise<T>): Promise<T> {
    this.#step++;
    const startedAt = Date.now();
    process.stdout.write(`${this.#step}/${this.#steps}  ${what} … `);
    try {
      const done = await act();
      console.log(`ready after ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
      return done;
    } catch (error) {
      console.log("failed");
      throw error;
    }
  }
}
