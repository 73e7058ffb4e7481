import type { Database, Statement } from "../db/database.ts";
import type { Announcement, Guard } from "./announcement.ts";
import { fanOutAnnouncements, insertAnnouncements } from "./statements.ts";

export type { Announcement, Guard } from "./announcement.ts";

/** The statements that commit announcements, for another room's batch. The last returns a row for each delivery. */
export function announce(
  db: Database,
  place: { tenantId: string; endpointId: string },
  announcements: readonly Announcement[],
  guard: Guard,
  now: number,
): Statement[] {
  if (announcements.length === 0) return [];
  return [
    insertAnnouncements(db, place, { announcements, guard, now }),
    fanOutAnnouncements(
      db,
      place.tenantId,
      announcements.map(({ nonce }) => nonce),
    ),
  ];
}
