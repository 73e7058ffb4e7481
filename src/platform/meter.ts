import type { Clock } from "./clock.ts";
import { limits } from "./limits.ts";

/** Is told of the steps that a request's costly work takes: see `schemaSteps`. */
export interface Meter {
  /** Counts steps that were taken. */
  charge(steps: number): void;
  /** Counts steps between two pieces of work, and resolves when the next may begin: at once, while they are few. */
  turn(steps: number): Promise<void>;
}

/** Nobody is charged, and nobody waits. */
export const UNMETERED: Meter = { charge: () => undefined, turn: async () => undefined };

/** Nobody is charged; others have the thread now and then. */
export function sharedThread(clock: Clock): Meter {
  let sinceTurn = 0;
  return {
    charge: () => undefined,
    turn: async (steps) => {
      sinceTurn += steps;
      if (sinceTurn < limits.stepsPerTurn) return;
      sinceTurn = 0;
      await clock.sleep(0);
    },
  };
}
