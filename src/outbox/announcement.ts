import type { Disabling } from "../db/disabling.ts";
import type { SystemEvent } from "../domain/system-events.ts";

/** A system event. It becomes a message if an endpoint subscribes to it by name. */
export interface Announcement {
  eventType: SystemEvent;
  nonce: string;
  /** JSON. */
  payload: string;
  orderingKey: string;
  /** Sequence number of the message it reports on; null when it reports on an endpoint. */
  seq: number | null;
}

/**
 * Condition of announcements, shared with the change that they report in the same batch. `leased`: each reports on a delivery
 * that carries this lease token.
 */
export type Guard = { kind: "leased"; leaseToken: string } | Disabling;

/** Announcements about an endpoint or its deliveries, with their condition. */
export interface Announcing {
  announcements: readonly Announcement[];
  guard: Guard;
  now: number;
}
