import { Unverified } from "../../email-events/provider-event.ts";
import { readRequest, UnreadableBody } from "../../email-events/read-request.ts";
import { missingSetting, receiveEvents } from "../../email-events/receive-events.ts";
import { DoorError } from "../door/door-error.ts";
import { router } from "../router.ts";
import { receiveEmailEventsOperation } from "./operations.ts";

/** Shares the memory for bodies as a tenant does, so that strangers cannot use up that of the others. No tenant has such an id. */
const SENDERS = "senders of events";

/**
 * Verifies each request, whatever came from its address before: providers send from addresses that they share among their
 * customers, of whom one could hold off another's events.
 */
export const emailEventRoutes = router().openapi(receiveEmailEventsOperation, async (c) => {
  const { provider } = c.req.valid("param");
  const tools = c.var.tools.emailEvents();
  const setting = missingSetting(tools, provider);
  if (setting)
    throw new DoorError("route_not_found", `Events of ${provider} are not taken. Set ${setting} first.`);
  const { clock } = tools;
  const held = c.var.tools.doorMemory.bodies.open(SENDERS, clock.now);
  try {
    const request = await readRequest(c.req.raw, { clock, onBytes: held.grow });
    return c.json(await receiveEvents(tools, provider, request), 200);
  } catch (error) {
    throw asDoorError(error);
  } finally {
    held.close();
  }
});

/** Not every provider sends again after a 4xx. */
const UNREADABLE = {
  tooLarge: "body_too_large",
  brokenOff: "overloaded",
  notText: "malformed_json",
} as const;

function asDoorError(error: unknown): unknown {
  if (error instanceof Unverified) return new DoorError("unauthorized", `${error.message}.`);
  if (error instanceof UnreadableBody) return new DoorError(UNREADABLE[error.why], error.message);
  const isCrowded = error instanceof DoorError && error.code === "rate_limited";
  if (!isCrowded) return error;
  return new DoorError("overloaded", "Many large requests with events are under way. Send it again.");
}
