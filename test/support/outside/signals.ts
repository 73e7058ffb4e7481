/** A signal that never aborts: whoever is called may take as long as it takes. */
export const never = () => new AbortController().signal;

/** The time of an attempt, which ends when a test says so, as `AbortSignal.timeout` does by itself. */
export function attemptTime() {
  const controller = new AbortController();
  const end = () =>
    controller.abort(new DOMException("The operation was aborted due to timeout", "TimeoutError"));
  return { signal: controller.signal, end };
}
