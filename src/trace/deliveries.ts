import type { Database } from "../db/database.ts";
import { readOfTenant } from "../db/live-tenant.ts";
import { pageOfFound } from "../db/look-through.ts";
import type { Page } from "../domain/page.ts";
import { systemClock } from "../platform/clock.ts";
import { type DeliveryNow, viewDeliveryAt, viewMessage } from "./delivery-view.ts";
import {
  type DeliveryCursor,
  type DeliveryPageRequest,
  type ListedRow,
  selectDeliveryPage,
  selectUnsettledPage,
} from "./list-statements.ts";

/**
 * A page of a tenant's deliveries, newest messages first, and within a message by endpoint, descending. It looks at 100
 * deliveries for each that it may show, so it may show fewer than `limit`, or none. Only a page whose `next` is null is
 * the last. `now`: instant at which they wait for what is shown. Defaults to the time itself.
 * @throws {OutboxError} `tenant_not_found`
 */
export async function listDeliveries(
  db: Database,
  tenantId: string,
  page: DeliveryPageRequest,
  now = systemClock.now(),
): Promise<Page<DeliveryNow, DeliveryCursor>> {
  const { entries, next } = await readPage(db, tenantId, page);
  return { entries: entries.map((row) => viewDeliveryAt(now, row, viewMessage(row))), next };
}

/** Reads a page of deliveries as rows. `content`: true adds the recipients and the subject. Defaults to false. */
export async function readPage(
  db: Database,
  tenantId: string,
  query: DeliveryPageRequest,
  content = false,
): Promise<Page<ListedRow, DeliveryCursor>> {
  const unsettled = query.state === "pending" || query.state === "leased";
  const select = unsettled ? selectUnsettledPage : selectDeliveryPage;
  let rows = await readOfTenant<ListedRow>(db, tenantId, select(db, tenantId, query, content));
  // Too many deliveries are unsettled to be sorted.
  if (unsettled && rows.some(({ found }) => found === 0))
    rows = (await selectDeliveryPage(db, tenantId, query, content).all<ListedRow>()).results;
  return pageOfFound(rows, query.limit, (row) => ({ seq: row.seq, endpointId: row.endpoint_id }));
}
