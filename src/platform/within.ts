import type { Clock } from "./clock.ts";

/**
 * Waits for `work` no longer than so many milliseconds.
 * @throws {Error} when there is no answer by then: the work may happen all the same
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
