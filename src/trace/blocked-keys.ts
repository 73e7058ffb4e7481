import type { Database } from "../db/database.ts";
import { readOfTenant } from "../db/live-tenant.ts";
import { pageOf } from "../db/look-through.ts";
import { type MessageIdRow, messageId } from "../domain/message-id.ts";
import type { Page } from "../domain/page.ts";
import { type BlockedKeyQuery, type DeliveryCursor, selectBlockedKeys } from "./list-statements.ts";

/** An ordering key of an endpoint that goes no further: its head is dead, and the order strict. Instants in milliseconds. */
export interface BlockedKey {
  endpointId: string;
  orderingKey: string;
  /** Deliveries behind the head; 1000 are counted, at most. */
  waiting: number;
  /** When the head died. */
  blockedSince: number;
  head: {
    messageId: string;
    sequence: number;
    eventType: string;
    committedAt: number;
    attempts: number;
    reason: string | null;
    httpStatus: number | null;
    error: string | null;
    responseExcerpt: string | null;
  };
}

interface Row extends MessageIdRow {
  found: number;
  endpoint_id: string;
  ordering_key: string;
  waiting: number;
  settled_at: number;
  event_type: string;
  committed_at: number;
  attempts: number;
  reason: string | null;
  http_status: number | null;
  error: string | null;
  excerpt: string | null;
}

/**
 * A page of a tenant's blocked keys, or of one endpoint's: those with the oldest heads first. It looks at 100 heads for
 * each that it may show: of one endpoint's it may show fewer than `limit`, or none. Only a page whose `next` is null is
 * the last.
 * @throws {OutboxError} `tenant_not_found`
 */
export async function listBlockedKeys(
  db: Database,
  tenantId: string,
  page: BlockedKeyQuery,
): Promise<Page<BlockedKey, DeliveryCursor>> {
  const rows = await readOfTenant<Row>(db, tenantId, selectBlockedKeys(db, tenantId, page));
  const { shown, last } = pageOf(rows, page.limit);
  const next = last && { seq: last.seq, endpointId: last.endpoint_id };
  return { entries: shown.map(describe), next };
}

function describe(row: Row): BlockedKey {
  return {
    endpointId: row.endpoint_id,
    orderingKey: row.ordering_key,
    waiting: row.waiting,
    blockedSince: row.settled_at,
    head: {
      messageId: messageId(row),
      sequence: row.seq,
      eventType: row.event_type,
      committedAt: row.committed_at,
      attempts: row.attempts,
      reason: row.reason,
      httpStatus: row.http_status,
      error: row.error,
      responseExcerpt: row.excerpt,
    },
  };
}
