import { Unverified } from "../../email-events/provider-event.ts";
import { readRequest, UnreadableBody } from "../../email-events/read-request.ts";
import { missingSetting, receiveEvents } from "../../email-events/receive-events.ts";
import { refuseHeld } from "../door/address-limit.ts";
import { DoorError } from "../door/door-error.ts";
import { router } from "../router.ts";
import { receiveEmailEventsOperation } from "./operations.ts";

export const emailEventRoutes = router().openapi(receiveEmailEventsOperation, async (c) => {
  const { provider } = c.req.valid("param");
  const tools = c.var.tools.emailEvents();
  const setting = missingSetting(tools, provider);
  if (setting)
    throw new DoorError("route_not_found", `Events of ${provider} are not taken. Set ${setting} first.`);
  refuseHeld(c);
  try {
    return c.json(await receiveEvents(tools, provider, await readRequest(c.req.raw)), 200);
  } catch (error) {
    throw asDoorError(error);
  }
});

function asDoorError(error: unknown): unknown {
  if (error instanceof Unverified) return new DoorError("unauthorized", `${error.message}.`);
  if (!(error instanceof UnreadableBody)) return error;
  return new DoorError(error.isTooLarge ? "body_too_large" : "malformed_json", error.message);
}
