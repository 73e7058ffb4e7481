/**
 * Events of the outbox itself: messages like any other, to the endpoints whose `eventTypes` name them. `failing`: half
 * of a delivery's attempts have failed. `exhausted`: it is dead, for any reason. `recovered`: it was delivered after
 * one of the two. Deliveries of system events cause no further ones.
 */
export const SYSTEM_EVENTS = [
  "endpoint.disabled",
  "message.attempt.failing",
  "message.attempt.exhausted",
  "message.attempt.recovered",
] as const;
export type SystemEvent = (typeof SYSTEM_EVENTS)[number];

export function isSystemEvent(eventType: string): eventType is SystemEvent {
  return SYSTEM_EVENTS.some((one) => one === eventType);
}
