import type { Refusal } from "../../src/channels/channel.ts";

/** What an endpoint that answers 500 is to its channel. */
export function refused(rest: Partial<Omit<Refusal, "kind">> = {}): Refusal {
  return {
    kind: "refused",
    verdict: "temporary",
    error: "http_status",
    httpStatus: 500,
    excerpt: "no",
    retryAfterMs: null,
    ...rest,
  };
}
