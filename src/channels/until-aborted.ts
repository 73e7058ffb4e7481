import { limits } from "../platform/limits.ts";
import { describeError } from "../platform/log.ts";
import { isPlatformLimit, PLATFORM_LIMIT, type Reply, TIMEOUT, temporary } from "./channel.ts";

/** Work that takes no signal, or does not listen to it, is left alone when it aborts. Of an aborted one nothing is begun. */
export async function untilAborted<T>(signal: AbortSignal, run: () => Promise<T>): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  else run().then(resolve, reject);
  return promise.finally(() => signal.removeEventListener("abort", abort));
}

/** Refusal that an error of `untilAborted` stands for: out of time, or not let out by the platform. Undefined for any other. */
export function refusalOf(error: unknown, signal: AbortSignal): Reply | undefined {
  const excerpt = describeError(error).slice(0, limits.errorLength);
  if (signal.aborted && error === signal.reason) return temporary(TIMEOUT, { excerpt });
  return isPlatformLimit(error) ? temporary(PLATFORM_LIMIT, { excerpt }) : undefined;
}
