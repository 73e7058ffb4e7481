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
 * SQL that must hold of an announcement `a` for it to be made in the batch that does what it tells of.
 * `?1` is the tenant, `?2` the instant, `?4` the endpoint, `?5` whatever `guard.param` says.
 */
export interface Guard {
  sql: string;
  param: string | number | null;
}
