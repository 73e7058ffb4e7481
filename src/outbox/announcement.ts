import type { Disabling } from "../db/disabling.ts";
import type { SystemEvent } from "../domain/system-events.ts";

/** A system event that is to become a message, if anybody subscribes to it by name. */
export interface Announcement {
  eventType: SystemEvent;
  nonce: string;
  /** JSON. */
  payload: string;
  orderingKey: string;
  /** The sequence number of the message it is about; null when it is about an endpoint. */
  seq: number | null;
}

/**
 * Condition of announcements, the same as of the change that they tell of, in one batch. `leased`: each is about a delivery that
 * carries this lease token.
 */
export type Guard = { kind: "leased"; leaseToken: string } | Disabling;

/** Announcements about an endpoint or its deliveries, with their condition. */
export interface Announcing {
  announcements: readonly Announcement[];
  guard: Guard;
  now: number;
}
