import type { Clock } from "../platform/clock.ts";
import { limits } from "../platform/limits.ts";
import { faultOf } from "./database.ts";

/** Asks D1 again, a few times within a second, while it does not answer. Asking twice must do no harm. */
export async function untilAnswered<T>(clock: Clock, ask: (tries: number) => Promise<T>): Promise<T> {
  for (const [tries, waitMs] of limits.settleBackoffMs.entries()) {
    try {
      return await ask(tries);
    } catch (error) {
      if (faultOf(error) === "rejected") throw error;
      await clock.sleep(waitMs);
    }
  }
  return ask(limits.settleBackoffMs.length);
}
