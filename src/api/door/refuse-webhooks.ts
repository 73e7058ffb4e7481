import type { MiddlewareHandler } from "hono";
import { DoorError } from "./door-error.ts";

/** Headers of Standard Webhooks, which an endpoint can neither set nor leave out. */
const OF_WEBHOOKS = ["webhook-id", "webhook-signature"];

/**
 * Refuses webhooks: an endpoint that is itself an outbox, this one under another name or one that sends back, would
 * multiply a message without end.
 * @throws {DoorError} `loop_detected`
 */
export const refuseWebhooks: MiddlewareHandler = async (c, next) => {
  const header = OF_WEBHOOKS.find((name) => c.req.header(name) !== undefined);
  if (header === undefined) return next();
  throw new DoorError(
    "loop_detected",
    `The header "${header}" marks this request as a webhook, and the API takes none. Give the endpoint the URL of a receiver instead of an outbox's.`,
  );
};
