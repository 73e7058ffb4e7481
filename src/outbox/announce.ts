import type { Database, Statement } from "../db/database.ts";
import type { SystemEvent } from "../domain/system-events.ts";
import { fanOutAnnouncements, insertAnnouncements } from "./statements.ts";

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

/** The statements that commit announcements, for a batch of their room. The last answers a row for each delivery. */
export function announce(
  db: Database,
  place: { tenantId: string; endpointId: string },
  announcements: readonly Announcement[],
  guard: Guard,
  now: number,
): Statement[] {
  if (announcements.length === 0) return [];
  return [
    insertAnnouncements(db, place, announcements, guard, now),
    fanOutAnnouncements(
      db,
      place.tenantId,
      announcements.map(({ nonce }) => nonce),
    ),
  ];
}
