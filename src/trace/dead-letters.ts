import type { Database } from "../db/database.ts";
import { messageId } from "../domain/message-id.ts";
import type { Page, PageQuery } from "../domain/page.ts";
import type { ChannelName } from "../domain/states.ts";
import { type ListedRow, readPage } from "./deliveries.ts";
import type { DeadLetterFilter } from "./filters.ts";
import type { DeliveryPlace } from "./list-statements.ts";

/** A delivery that ended dead, with its reason, and needs a person. Instants in milliseconds. */
export interface DeadLetter {
  messageId: string;
  sequence: number;
  eventType: string;
  committedAt: number;
  endpointId: string;
  channel: ChannelName;
  attempts: number;
  settledAt: number;
  reason: string | null;
  httpStatus: number | null;
  error: string | null;
  responseExcerpt: string | null;
}

/**
 * A page of a tenant's dead letters, in the order of `listDeliveries` and with its bound, counted in dead letters.
 * @throws {OutboxError} `tenant_not_found`
 */
export async function listDeadLetters(
  db: Database,
  tenantId: string,
  page: DeadLetterFilter & PageQuery<DeliveryPlace>,
): Promise<Page<DeadLetter, DeliveryPlace>> {
  const { entries, next } = await readPage(db, tenantId, { ...page, state: "dead" });
  return { entries: entries.map(describe), next };
}

function describe(row: ListedRow): DeadLetter {
  return {
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
