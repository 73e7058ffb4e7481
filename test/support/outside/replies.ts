import type { Refusal } from "../../../src/channels/channel.ts";

/** Reply for an endpoint that answers 500. */
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
