import type { Database } from "../db/database.ts";
import type { Page, PageRequest } from "../domain/page.ts";
import { readPage } from "./deliveries.ts";
import { type DeliveryView, narrow, viewDelivery, viewMessage } from "./delivery-view.ts";
import type { DeadLetterFilter } from "./filters.ts";
import type { DeliveryCursor } from "./list-statements.ts";

const SHOWN = [
  "messageId",
  "sequence",
  "eventType",
  "committedAt",
  "endpointId",
  "channel",
  "attempts",
  "settledAt",
  "reason",
  "httpStatus",
  "error",
  "responseExcerpt",
] as const;

/** A delivery that ended dead, with its reason, and needs a person. Instants in milliseconds. */
export interface DeadLetter extends Pick<DeliveryView, (typeof SHOWN)[number]> {
  settledAt: number;
}

/**
 * A page of a tenant's dead letters, in the order of `listDeliveries` and with its bound, counted in dead letters.
 * @throws {OutboxError} `tenant_not_found`
 */
export async function listDeadLetters(
  db: Database,
  tenantId: string,
  page: DeadLetterFilter & PageRequest<DeliveryCursor>,
): Promise<Page<DeadLetter, DeliveryCursor>> {
  const { entries, next } = await readPage(db, tenantId, { ...page, state: "dead" });
  const letters = entries.map((row) => ({
    ...narrow(viewDelivery(row, viewMessage(row)), SHOWN),
    settledAt: row.settled_at ?? 0,
  }));
  return { entries: letters, next };
}
