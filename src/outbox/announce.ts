import type { Database, Statement } from "../db/database.ts";
import type { Announcing } from "./announcement.ts";
import { fanOutAnnouncements } from "./fan-out-statements.ts";
import { insertAnnouncements } from "./statements.ts";

export type { Announcement } from "./announcement.ts";

/** The statements that commit announcements, for another room's batch. The last returns a row for each delivery. */
export function announce(
  db: Database,
  about: { tenantId: string; endpointId: string },
  announcing: Announcing,
): Statement[] {
  const nonces = announcing.announcements.map(({ nonce }) => nonce);
  if (nonces.length === 0) return [];
  return [insertAnnouncements(db, about, announcing), fanOutAnnouncements(db, about.tenantId, nonces)];
}
