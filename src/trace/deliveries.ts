import type { Database } from "../db/database.ts";
import { readOfTenant } from "../db/live-tenant.ts";
import { pageOf } from "../db/look-through.ts";
import { type MessageIdRow, messageId } from "../domain/message-id.ts";
import type { Page } from "../domain/page.ts";
import type { ChannelName, DeliveryState } from "../domain/states.ts";
import {
  type DeliveryPlace,
  type DeliveryQuery,
  selectDeliveryPage,
  selectUnsettledPage,
} from "./list-statements.ts";
import type { DeliveryRow } from "./messages.ts";

/** A delivery in a list. Instants in milliseconds. */
export interface DeliverySummary {
  messageId: string;
  sequence: number;
  eventType: string;
  committedAt: number;
  orderingKey: string | null;
  endpointId: string;
  channel: ChannelName;
  state: DeliveryState;
  /** Instant of the next attempt, or the end of the lease. */
  dueAt: number | null;
  /** True if an earlier delivery of its ordering key must be settled first. */
  waitsForEarlier: boolean;
  /** True if it is dead, and later deliveries of its ordering key wait until it is replayed or skipped. */
  blocksKey: boolean;
  claimedAt: number | null;
  settledAt: number | null;
  reason: string | null;
  /** Number of attempts. The following fields are of the latest. */
  attempts: number;
  startedAt: number | null;
  durationMs: number | null;
  httpStatus: number | null;
  error: string | null;
  responseExcerpt: string | null;
}

/** A row of a list of deliveries. `recipients` and `subject` are JSON, and present only on request. */
export interface ListedRow extends DeliveryRow, MessageIdRow {
  found: number;
  event_type: string;
  committed_at: number;
  ordering_key: string | null;
  recipients?: string | null;
  subject?: string | null;
}

/**
 * A page of a tenant's deliveries, newest messages first, within a message by endpoint, descending. It looks at 100
 * deliveries for each that it may show, and shows the matching ones: possibly fewer than `limit`, or none. Only a page
 * whose `next` is null is the last.
 * @throws {OutboxError} `tenant_not_found`
 */
export async function listDeliveries(
  db: Database,
  tenantId: string,
  page: DeliveryQuery,
): Promise<Page<DeliverySummary, DeliveryPlace>> {
  const { entries, next } = await readPage(db, tenantId, page);
  return { entries: entries.map(describeListed), next };
}

/** A page of deliveries, as rows. `content`: true to include recipients and subject. */
export async function readPage(
  db: Database,
  tenantId: string,
  query: DeliveryQuery,
  content = false,
): Promise<Page<ListedRow, DeliveryPlace>> {
  const unsettled = query.state === "pending" || query.state === "leased";
  const select = unsettled ? selectUnsettledPage : selectDeliveryPage;
  let rows = await readOfTenant<ListedRow>(db, tenantId, select(db, tenantId, query, content));
  // Too many are unsettled to sort.
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
    endpointId: row.endpoint_id,
    channel: row.channel,
    state: row.state,
    dueAt: row.due_at,
    waitsForEarlier: row.behind === 1,
    blocksKey: row.state === "dead" && row.blocks === 1,
    claimedAt: row.claimed_at,
    settledAt: row.settled_at,
    reason: row.reason,
    attempts: row.attempts,
    startedAt: row.started_at,
    durationMs: row.duration_ms,
    httpStatus: row.http_status,
    error: row.error,
    responseExcerpt: row.excerpt,
  };
}
