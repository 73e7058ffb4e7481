import { type Database, readRows } from "../../db/database.ts";
import { pageOfFound } from "../../db/look-through.ts";
import { messageId } from "../../domain/message-id.ts";
import type { Page, PageRequest } from "../../domain/page.ts";
import { limits } from "../../platform/limits.ts";
import { type DeadLetterGroup, describeGroup } from "../dead-letter-groups.ts";
import type { DeadLetter } from "../dead-letters.ts";
import {
  type DeadLetterCursor,
  type DeadLetterRow,
  type GroupOfAllRow,
  type LastGroupedRow,
  selectDeadLetters,
  selectGroupsOfAll,
  selectLastGrouped,
} from "./dead-letter-statements.ts";

/** The tenant of an entry. */
interface OfTenant {
  tenantId: string;
  tenantName: string | null;
}

export interface DeadLetterOfTenant extends DeadLetter, OfTenant {}

/**
 * A page of the dead letters of all tenants but deleted ones: by the ids of the tenants, descending, and of each the newest
 * first. It looks at 20 for each that it may show, so it may show fewer than `limit`, or none. Only a page whose `next` is null is
 * the last.
 */
export async function listDeadLettersOfAll(
  db: Database,
  page: PageRequest<DeadLetterCursor>,
): Promise<Page<DeadLetterOfTenant, DeadLetterCursor>> {
  const { results } = await selectDeadLetters(db, page).all<DeadLetterRow>();
  const { entries, next } = pageOfFound(results, page.limit, cursorOf);
  return { entries: entries.map(describe), next };
}

function cursorOf(row: Pick<DeadLetterRow, "tenant_id" | "seq" | "endpoint_id">): DeadLetterCursor {
  return { tenantId: row.tenant_id, seq: row.seq, endpointId: row.endpoint_id };
}

function describe(row: DeadLetterRow): DeadLetterOfTenant {
  return {
    tenantId: row.tenant_id,
    tenantName: row.tenant_name,
    messageId: messageId(row),
    sequence: row.seq,
    eventType: row.event_type,
    committedAt: row.committed_at,
    endpointId: row.endpoint_id,
    channel: row.channel,
    attempts: row.attempts,
    settledAt: row.settled_at ?? 0,
    reason: row.reason,
    httpStatus: row.http_status,
    error: row.error,
    responseExcerpt: row.excerpt,
  };
}

export interface DeadLetterGroupOfTenant extends DeadLetterGroup, OfTenant {}

interface GroupsOfAll {
  groups: DeadLetterGroupOfTenant[];
  /** False: there are more than 100 groups of these dead letters. The largest are shown. */
  complete: boolean;
  /** Cursor after the dead letters of these groups. Null: there are no more. */
  next: DeadLetterCursor | null;
}

/**
 * Groups dead letters of all tenants: the next 3,000 in the order of their list. A tenant's group may go on after the cursor.
 */
export async function groupDeadLettersOfAll(
  db: Database,
  after: DeadLetterCursor | undefined,
): Promise<GroupsOfAll> {
  const [rows, [last, following]] = await readRows<[GroupOfAllRow, LastGroupedRow]>(db, [
    selectGroupsOfAll(db, after),
    selectLastGrouped(db, after),
  ]);
  return {
    groups: rows.slice(0, limits.groupsShown).map(describeGroupOfTenant),
    complete: rows.length <= limits.groupsShown,
    next: last && following ? cursorOf(last) : null,
  };
}

function describeGroupOfTenant(row: GroupOfAllRow): DeadLetterGroupOfTenant {
  return { tenantId: row.tenant_id, tenantName: row.tenant_name, ...describeGroup(row) };
}
