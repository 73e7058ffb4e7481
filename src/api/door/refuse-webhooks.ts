import type { MiddlewareHandler } from "hono";
import { DoorError } from "./problem.ts";

/** Of Standard Webhooks. No endpoint can set them, nor leave them out. */
const OF_WEBHOOKS = ["webhook-id", "webhook-signature"];

/**
 * A webhook is nobody's call of the API. An endpoint that is an outbox, this one under another name or another one that
 * sends back, would make of one message as many as there is time for.
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
