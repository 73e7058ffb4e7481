import type { Clock } from "./clock.ts";

/**
 * Waits for `work`, but no longer than `ms` milliseconds.
 * @throws {Error} if there is no answer by then, though the work may still happen
 */
export async function within<T>(clock: Clock, ms: number, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const cancel = clock.after(ms, () => late.reject(new Error(`No answer within ${ms / 1000} s`)));
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    cancel();
  }
}
