/**
 * Events of the outbox itself: messages like any other, to the endpoints whose `eventTypes` name them. Of a delivery,
 * `failing`: half of its attempts have failed; `exhausted`: it is dead, for any reason; `recovered`: it was delivered after
 * one of the two. Of an endpoint, `failing`: it has used much of the time after which it is disabled; `recovered`: it takes
 * deliveries again. Of an e-mail, what came back of one of its recipients, and by its link: from which topic they
 * unsubscribed, or do so no longer. Deliveries of system events cause no further ones about deliveries, dead letters or
 * e-mails.
 */
export const SYSTEM_EVENTS = [
  "endpoint.disabled",
  "endpoint.failing",
  "endpoint.recovered",
  "message.attempt.failing",
  "message.attempt.exhausted",
  "message.attempt.recovered",
  "dead-letters.piling-up",
  "complaints.piling-up",
  "backlog.late",
  "storage.filling",
  "email.bounced",
  "email.complained",
  "email.delivered",
  "email.unsubscribed",
  "email.resubscribed",
] as const;
export type SystemEvent = (typeof SYSTEM_EVENTS)[number];

export function isSystemEvent(eventType: string): eventType is SystemEvent {
  return SYSTEM_EVENTS.some((one) => one === eventType);
}
