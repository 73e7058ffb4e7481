import type { Database } from "../db/database.ts";
import { readOfTenant } from "../db/live-tenant.ts";
import { pageOfFound } from "../db/look-through.ts";
import type { Page } from "../domain/page.ts";
import { type DeliveryView, narrow, viewDelivery, viewMessage } from "./delivery-view.ts";
import {
  type BlockedKeyPageRequest,
  type BlockedKeyRow,
  type DeliveryCursor,
  selectBlockedKeys,
} from "./list-statements.ts";

const HEAD = [
  "messageId",
  "sequence",
  "eventType",
  "committedAt",
  "attempts",
  "reason",
  "httpStatus",
  "error",
  "responseExcerpt",
] as const;

/** A blocked ordering key of an endpoint: its head is dead, and the order strict. Instants in milliseconds. */
export interface BlockedKey {
  endpointId: string;
  orderingKey: string;
  /** Number of deliveries behind the head, counted up to 1000. */
  waiting: number;
  /** Instant at which the head died. */
  blockedSince: number;
  head: Pick<DeliveryView, (typeof HEAD)[number]>;
}

/**
 * A page of a tenant's blocked keys, or of one endpoint's, oldest heads first. It looks at 100 heads for each that it
 * may show, so for one endpoint it may show fewer than `limit`, or none. Only a page whose `next` is null is the last.
 * @throws {OutboxError} `tenant_not_found`
 */
export async function listBlockedKeys(
  db: Database,
  tenantId: string,
  page: BlockedKeyPageRequest,
): Promise<Page<BlockedKey, DeliveryCursor>> {
  const rows = await readOfTenant<BlockedKeyRow>(db, tenantId, selectBlockedKeys(db, tenantId, page));
  const { entries, next } = pageOfFound(rows, page.limit, (row) => ({
    seq: row.seq,
    endpointId: row.endpoint_id,
  }));
  return { entries: entries.map(describe), next };
}

function describe(row: BlockedKeyRow): BlockedKey {
  return {
    endpointId: row.endpoint_id,
    orderingKey: row.ordering_key,
    waiting: row.waiting,
    blockedSince: row.settled_at,
    head: narrow(viewDelivery(row, viewMessage(row)), HEAD),
  };
}
