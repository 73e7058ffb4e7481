import type { Clock } from "./clock.ts";
import { limits } from "./limits.ts";

/** Meter of the steps of a request's costly work: see `schemaSteps`. */
export interface Meter {
  /** Counts steps taken. */
  charge(steps: number): void;
  /** Counts steps between two pieces of work, and resolves when the next may begin: at once while they are few. */
  turn(steps: number): Promise<void>;
}

/** Meter without charge and wait. */
export const UNMETERED: Meter = { charge: () => undefined, turn: async () => undefined };

/** Meter without charge that yields the thread now and then. */
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
