import type { Database } from "../db/database.ts";
import { readOfTenant } from "../db/live-tenant.ts";
import { pageOf } from "../db/look-through.ts";
import { type MessageIdRow, messageId } from "../domain/message-id.ts";
import type { Page } from "../domain/page.ts";
import { type BlockedKeyQuery, type DeliveryPlace, selectBlockedKeys } from "./list-statements.ts";

/** A blocked ordering key of an endpoint: its head is dead, and the order strict. Instants in milliseconds. */
export interface BlockedKey {
  endpointId: string;
  orderingKey: string;
  /** Number of deliveries behind the head, counted up to 1000. */
  waiting: number;
  /** Instant at which the head died. */
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
 * A page of a tenant's blocked keys, or of one endpoint's, oldest heads first. It looks at 100 heads for each that it
 * may show, so for one endpoint it may show fewer than `limit`, or none. Only a page whose `next` is null is the last.
 * @throws {OutboxError} `tenant_not_found`
 */
export async function listBlockedKeys(
  db: Database,
  tenantId: string,
  page: BlockedKeyQuery,
): Promise<Page<BlockedKey, DeliveryPlace>> {
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
