import type { Refusal } from "../../../src/channels/channel.ts";

/** What an endpoint that answers 500 is to its channel. */
export function refused(rest: Partial<Refusal> = {}): Refusal {
  return {
    kind: "temporary",
    error: "http_status",
    httpStatus: 500,
    excerpt: "no",
    retryAfterMs: null,
    ...rest,
  };
}
