import * as z from "zod";
import { limits } from "../platform/limits.ts";

const EVENT_TYPE = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/;

/** The event type under which direct e-mails are committed. No subscription matches them, and no schema. */
export const DIRECT_EMAIL_TYPE = "email";
/** The event type under which work for a handler is committed. No subscription matches it, and no schema. */
export const WORK_TYPE = "work";

/**
 * True for event types that decide their endpoint themselves: no endpoint subscribes to them, and they have no schema.
 */
export function isDirect(eventType: string): boolean {
  return eventType === DIRECT_EMAIL_TYPE || eventType === WORK_TYPE;
}

/** Form of an event type, in words. */
export const EVENT_TYPE_FORM = "words of letters, digits, `_` and `-` joined by dots, as `order.placed`";

/** A dotted kind of fact, as `order.placed`. */
export const eventTypeName = z
  .string()
  .max(limits.eventTypeLength)
  .regex(EVENT_TYPE, { error: `must be ${EVENT_TYPE_FORM.replaceAll("`", '"')}` });
