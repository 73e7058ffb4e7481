import type { SystemEvent } from "../domain/system-events.ts";

/** A system event that becomes a message if an endpoint subscribes to it by name. */
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
 * SQL condition of an announcement `a`, which goes in the batch of the change that it tells. `?1`: the tenant. `?2`:
 * the instant. `?4`: the endpoint. `?5`: `guard.param`.
 */
export interface Guard {
  sql: string;
  param: string | number | null;
}
