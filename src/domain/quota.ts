/** How much a tenant may commit in a day, in UTC. What is left out is not limited. */
export interface Quota {
  messagesPerDay?: number | undefined;
  /** Bytes of payloads as JSON, in UTF-8. */
  bytesPerDay?: number | undefined;
  /** Deliveries that its messages make. */
  deliveriesPerDay?: number | undefined;
  /** Of those, the ones through the channel `email`. */
  emailsPerDay?: number | undefined;
}

/** By the column of `outbox_usage` that counts it. */
export const QUOTAS = {
  messages: "messagesPerDay",
  bytes: "bytesPerDay",
  deliveries: "deliveriesPerDay",
  emails: "emailsPerDay",
} as const satisfies Record<string, keyof Quota>;
export type Counted = keyof typeof QUOTAS;
export const COUNTED = Object.keys(QUOTAS) as Counted[];

const DAY_MS = 24 * 3600 * 1000;

/** The day of an instant (milliseconds), counted from 1970. */
export function dayOf(at: number): number {
  return Math.floor(at / DAY_MS);
}

/** When the day of an instant ends, and with it what was used up. */
export function dayEndsAt(at: number): number {
  return (dayOf(at) + 1) * DAY_MS;
}
