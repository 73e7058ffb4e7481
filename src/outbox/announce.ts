import type { Database, Statement } from "../db/database.ts";
import { DIRECT_EMAIL_TYPE } from "../domain/event-type.ts";
import { newNonce } from "../domain/ids.ts";
import type { Random } from "../platform/clock.ts";
import type { Announcing } from "./announcement.ts";
import {
  type AnnouncementEntry,
  fanOutAnnouncements,
  insertAnnouncements,
} from "./announcement-statements.ts";

export type { Announcement } from "./announcement.ts";
export { WAITING_MARK } from "./announcement-statements.ts";

export interface AnnounceTools {
  db: Database;
  random: Random;
  /** Tenant whose endpoints get the system events of all tenants, too. */
  systemEventsTenant: string | undefined;
}

/** Statements that commit announcements, for another room's batch. */
interface Announced {
  statements: readonly Statement[];
  /** Reads their results. Answers the tenants that have got deliveries, whose relays are to be woken. */
  read(results: readonly D1Result[]): readonly string[];
}

/** Builds the statements of announcements: none without announcements. */
export function announce(tools: AnnounceTools, announcing: Announcing): Announced {
  const entries = entriesOf(tools, announcing);
  if (entries.length === 0) return { statements: [], read: () => [] };
  return {
    statements: [insertAnnouncements(tools.db, entries, announcing), fanOutAnnouncements(tools.db, entries)],
    read: ([, fanOut]) => {
      const made = (fanOut?.results ?? []) as { tenant_id: string }[];
      return [...new Set(made.map(({ tenant_id }) => tenant_id))];
    },
  };
}

/** Each announcement for the tenant that it is about, and for the one that gets the system events of all. */
function entriesOf(
  { random, systemEventsTenant }: AnnounceTools,
  { announcements, endpoint }: Announcing,
): AnnouncementEntry[] {
  return announcements.flatMap(({ tenantId, ...announcement }) => {
    const { eventType, orderingKey } = announcement;
    const isOfEndpoint = eventType.startsWith("endpoint.") || eventType === DIRECT_EMAIL_TYPE;
    const notTo = isOfEndpoint && endpoint ? endpoint.endpointId : null;
    const own = tenantId === null ? [] : [{ ...announcement, to: tenantId, about: tenantId, notTo }];
    const isForAll = systemEventsTenant !== undefined && eventType !== DIRECT_EMAIL_TYPE;
    if (!isForAll || systemEventsTenant === tenantId) return own;
    const copy = {
      ...announcement,
      nonce: newNonce(random),
      // Its own events about an endpoint have that endpoint's id as their key.
      orderingKey: tenantId === null ? orderingKey : `${tenantId} ${orderingKey}`,
    };
    return [...own, { ...copy, to: systemEventsTenant, about: tenantId, notTo: null }];
  });
}
