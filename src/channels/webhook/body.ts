import { isSystemEvent } from "../../domain/system-events.ts";
import type { Dispatch } from "../channel.ts";

/**
 * The body of a signed webhook. In the standard format it is `{ type, timestamp, data }`, identical at every attempt, as
 * https://www.standardwebhooks.com/ recommends under "Payload structure". The payload is inserted as text, because
 * parsing would lose digits. System events always use the standard format.
 */
export function bodyOf({ eventType, committedAt, payload, endpoint }: Dispatch): string {
  if (endpoint.payloadFormat === "raw" && !isSystemEvent(eventType)) return payload;
  const timestamp = new Date(committedAt).toISOString();
  return `{"type":${JSON.stringify(eventType)},"timestamp":"${timestamp}","data":${payload}}`;
}
