import type { Database } from "../db/database.ts";
import { readOfTenant } from "../db/live-tenant.ts";
import { messageId } from "../domain/message-id.ts";
import type { ChannelName } from "../domain/states.ts";
import type { DeadLetterFilter } from "./filters.ts";
import { type GroupRow, type NoGroupRow, selectDeadLetterGroups } from "./group-statements.ts";
import { type Groups, groupsOf } from "./groups.ts";

/** Dead letters of one endpoint with the same reason, error and status. Instants in milliseconds. */
export interface DeadLetterGroup {
  endpointId: string;
  channel: ChannelName;
  /** Reason why they died, and the result of their last attempts. */
  result: { reason: string | null; error: string | null; httpStatus: number | null };
  count: number;
  /** Instants at which the first and the last of them died. */
  firstAt: number;
  lastAt: number;
  /** Id of the newest message among them. */
  example: string;
  /** Beginning of the other side's answer to its attempt, or the error in words; null for neither. */
  responseExcerpt: string | null;
}

/**
 * Groups a tenant's dead letters by endpoint, reason, error and status: the largest group first, at most 100.
 * @throws {OutboxError} `tenant_not_found`
 */
export async function groupDeadLetters(
  db: Database,
  tenantId: string,
  filter: DeadLetterFilter,
): Promise<Groups<DeadLetterGroup>> {
  const statement = selectDeadLetterGroups(db, tenantId, filter);
  const rows = await readOfTenant<GroupRow | NoGroupRow>(db, tenantId, statement);
  return groupsOf<GroupRow, DeadLetterGroup>(rows, describeGroup);
}

/** Shows a group by its row: of a tenant, or of all tenants. */
export function describeGroup(row: Omit<GroupRow, "looked">): DeadLetterGroup {
  return {
    endpointId: row.endpoint_id,
    channel: row.channel,
    result: { reason: row.reason, error: row.error, httpStatus: row.http_status },
    count: row.count,
    firstAt: row.first_at,
    lastAt: row.last_at,
    example: messageId(row),
    responseExcerpt: row.excerpt,
  };
}
