import type { Dispatch } from "../../../src/channels/channel.ts";

/** A dispatch to a webhook, but for what a test is about. */
export function dispatchWith(given: Partial<Dispatch> & Pick<Dispatch, "endpoint">): Dispatch {
  return {
    messageId: "msg_1",
    sequence: 1,
    tenantId: "acme",
    eventType: "order.placed",
    orderingKey: null,
    committedAt: 0,
    attempt: 1,
    payload: "{}",
    traceparent: null,
    tracestate: null,
    sentAt: Date.now(),
    ...given,
  };
}
