/** Limits of a tenant's commits in a day, in UTC. A limit that is left out does not apply. */
export interface Quota {
  messagesPerDay?: number | undefined;
  /** Bytes of payloads as JSON, in UTF-8. */
  bytesPerDay?: number | undefined;
  /** Deliveries that its messages make. */
  deliveriesPerDay?: number | undefined;
  /** Deliveries through the channel `email`. */
  emailsPerDay?: number | undefined;
}

/** Limits by the column of `outbox_usage` that counts them. */
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

/** End of the day of an instant, at which the usage begins anew. */
export function dayEndsAt(at: number): number {
  return (dayOf(at) + 1) * DAY_MS;
}
