import { MortalLife } from "./life.ts";

/** A process during whose nth await something else happens: before what is awaited, or right after. */
export class Intruder extends MortalLife {
  readonly #at: number;
  readonly #side: "before" | "after";
  readonly #act: () => Promise<unknown>;

  constructor(at: number, side: "before" | "after", act: () => Promise<unknown>) {
    super(Number.POSITIVE_INFINITY, "before");
    this.#at = at;
    this.#side = side;
    this.#act = act;
  }

  override async step<T>(name: string, act: () => Promise<T>): Promise<T> {
    this.steps.push(name);
    const now = this.steps.length === this.#at;
    if (now && this.#side === "before") await this.#act();
    try {
      return await act();
    } finally {
      if (now && this.#side === "after") await this.#act();
    }
  }
}

/**
 * Plays something once for each of its awaits, before and after it, until it has no more: what is handed in makes the
 * process, with what is to happen at that await.
 */
export async function atEveryAwait(
  play: (lifeWith: (act: () => Promise<unknown>) => Intruder, side: "before" | "after") => Promise<void>,
): Promise<void> {
  for (const side of ["before", "after"] as const) {
    for (let at = 1, happened = true; happened; at++) {
      happened = false;
      const lifeWith = (act: () => Promise<unknown>) =>
        new Intruder(at, side, () => {
          happened = true;
          return act();
        });
      await play(lifeWith, side);
    }
  }
}
