import { excerptOf } from "./read-response.ts";

/** Headers of an answer that help to find its cause: at the receiver, or on the way there. */
const OF_REFUSAL = ["content-type", "retry-after", "server", "cf-ray", "x-request-id"] as const;
/** Of an acceptance, only those by which the receiver's own log is searched, so that its delivery's row stays small. */
const OF_ACCEPTANCE = ["cf-ray", "x-request-id"] as const;
/** Characters kept of a value. */
const LENGTH = 200;

/** Headers of a response that help, without the secrets that were sent. Null when it has none of them. */
export function helpfulHeaders(
  { ok, headers }: Response,
  secrets: readonly string[],
): Record<string, string> | null {
  const found = (ok ? OF_ACCEPTANCE : OF_REFUSAL).flatMap((name) => {
    const value = headers.get(name);
    return value === null ? [] : [[name, excerptOf(value, secrets).slice(0, LENGTH).toWellFormed()] as const];
  });
  return found.length > 0 ? Object.fromEntries(found) : null;
}
