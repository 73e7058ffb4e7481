import { limits } from "../platform/limits.ts";
import { describeError } from "../platform/log.ts";
import { isPlatformLimit, PLATFORM_LIMIT, type Refusal, TIMEOUT, temporary } from "./channel.ts";

/**
 * Stops waiting for work when the signal aborts, for work that ignores the signal. Begins nothing under an aborted
 * signal.
 */
export async function untilAborted<T>(signal: AbortSignal, run: () => Promise<T>): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  else run().then(resolve, reject);
  return promise.finally(() => signal.removeEventListener("abort", abort));
}

/**
 * Refusal for an error of `untilAborted`: out of time, or refused by the platform. Undefined for any other error.
 */
export function refusalOf(error: unknown, signal: AbortSignal): Refusal | undefined {
  const excerpt = describeError(error).slice(0, limits.errorLength);
  if (signal.aborted && error === signal.reason) return temporary(TIMEOUT, { excerpt });
  return isPlatformLimit(error) ? temporary(PLATFORM_LIMIT, { excerpt }) : undefined;
}
