import type { Database } from "../db/database.ts";
import { readOfTenant } from "../db/live-tenant.ts";
import { pageOfFound } from "../db/look-through.ts";
import { type Page, pageOfFirst } from "../domain/page.ts";
import { systemClock } from "../platform/clock.ts";
import {
  type DeliveryNow,
  type DeliveryView,
  narrow,
  viewDelivery,
  viewDeliveryAt,
  viewMessage,
} from "./delivery-view.ts";
import {
  type BlockedKeyPageRequest,
  type BlockedKeyRow,
  type DeliveryCursor,
  type KeyPageRequest,
  type ListedRow,
  selectBlockedKeys,
  selectOfKey,
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
  const { entries, next } = pageOfFound(rows, page.limit, cursorOf);
  return { entries: entries.map(describe), next };
}

/**
 * A page of the deliveries of an ordering key at an endpoint, in the order in which they go: the dead ones that block
 * it, and the unsettled ones. `now`: instant at which they wait for what is shown. Defaults to the time itself.
 * @throws {OutboxError} `tenant_not_found`
 */
export async function listBlockedDeliveries(
  db: Database,
  tenantId: string,
  page: KeyPageRequest,
  now = systemClock.now(),
): Promise<Page<DeliveryNow, DeliveryCursor>> {
  const rows = await readOfTenant<ListedRow>(db, tenantId, selectOfKey(db, tenantId, page));
  const { entries, next } = pageOfFirst(rows, page.limit, cursorOf);
  return { entries: entries.map((row) => viewDeliveryAt(now, row, viewMessage(row))), next };
}

function cursorOf(row: ListedRow): DeliveryCursor {
  return { seq: row.seq, endpointId: row.endpoint_id };
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
