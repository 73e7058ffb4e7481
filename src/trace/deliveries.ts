import type { Database } from "../db/database.ts";
import { readOfTenant } from "../db/live-tenant.ts";
import { pageOf } from "../db/look-through.ts";
import { type MessageIdRow, messageId } from "../domain/message-id.ts";
import type { Page } from "../domain/page.ts";
import {
  type DeliveryCursor,
  type DeliveryQuery,
  selectDeliveryPage,
  selectUnsettledPage,
} from "./list-statements.ts";
import { type DeliveryRow, type DeliveryView, viewOf } from "./messages.ts";

/** A delivery as a list shows it. Instants in milliseconds. */
export interface DeliverySummary extends DeliveryView {
  messageId: string;
  sequence: number;
  eventType: string;
  committedAt: number;
  orderingKey: string | null;
  /** How many were made. What follows is of the latest. */
  attempts: number;
  startedAt: number | null;
  durationMs: number | null;
  httpStatus: number | null;
  error: string | null;
  responseExcerpt: string | null;
}

/** A row of a list of deliveries. `recipients` and `subject` are JSON, and there only when they were asked for. */
export interface ListedRow extends DeliveryRow, MessageIdRow {
  found: number;
  event_type: string;
  committed_at: number;
  ordering_key: string | null;
  recipients?: string | null;
  subject?: string | null;
}

/**
 * A page of a tenant's deliveries, those of the newest messages first, of one message by endpoint, descending. It looks at
 * 100 deliveries for each that it may show, and shows those of them that match: possibly fewer than `limit`, or none.
 * Only a page whose `next` is null is the last.
 * @throws {OutboxError} `tenant_not_found`
 */
export async function listDeliveries(
  db: Database,
  tenantId: string,
  page: DeliveryQuery,
): Promise<Page<DeliverySummary, DeliveryCursor>> {
  const { entries, next } = await readPage(db, tenantId, page);
  return { entries: entries.map(describeListed), next };
}

/** The same as rows. `content`: with recipients and subject. */
export async function readPage(
  db: Database,
  tenantId: string,
  query: DeliveryQuery,
  content = false,
): Promise<Page<ListedRow, DeliveryCursor>> {
  const unsettled = query.state === "pending" || query.state === "leased";
  const select = unsettled ? selectUnsettledPage : selectDeliveryPage;
  let rows = await readOfTenant<ListedRow>(db, tenantId, select(db, tenantId, query, content));
  // Too many are unsettled to be put in order.
  if (unsettled && rows.some(({ found }) => found === 0))
    rows = (await selectDeliveryPage(db, tenantId, query, content).all<ListedRow>()).results;
  const { shown, last } = pageOf(rows, query.limit);
  return { entries: shown, next: last && { seq: last.seq, endpointId: last.endpoint_id } };
}

export function describeListed(row: ListedRow): DeliverySummary {
  return {
    messageId: messageId(row),
    sequence: row.seq,
    eventType: row.event_type,
    committedAt: row.committed_at,
    orderingKey: row.ordering_key,
    ...viewOf(row),
    attempts: row.attempts,
    startedAt: row.started_at,
    durationMs: row.duration_ms,
    httpStatus: row.http_status,
    error: row.error,
    responseExcerpt: row.excerpt,
  };
}
