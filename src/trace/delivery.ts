import { type Database, readRows } from "../db/database.ts";
import { messageRef } from "../db/message-ref.ts";
import { type Page, type PageRequest, pageOfFirst } from "../domain/page.ts";
import { systemClock } from "../platform/clock.ts";
import { OutboxError } from "../platform/errors.ts";
import {
  type AttemptRow,
  type AttemptTrace,
  type DeliveryDetail,
  viewAttempts,
  viewDetailAt,
} from "./attempts.ts";
import { type DeliveryRow, type MessageRow, viewDelivery, viewMessage } from "./delivery-view.ts";
import { selectAttemptsOf, selectDelivery } from "./statements.ts";

/** Message and endpoint of a delivery. */
export interface DeliveryName {
  messageId: string;
  endpointId: string;
}

/**
 * Reads a delivery with all its attempts. `now`: as in `listDeliveries`.
 * @throws {OutboxError} `message_not_found`, also for another tenant's message; `delivery_not_found`
 */
export async function readDelivery(
  db: Database,
  tenantId: string,
  delivery: DeliveryName,
  now = systemClock.now(),
): Promise<DeliveryDetail> {
  const { row, attempts } = await read(db, tenantId, delivery, { before: FIRST_PAGE, limit: ALL });
  return viewDetailAt(now, { row, message: viewMessage(row), attempts: attempts.toReversed() });
}

/** A cursor in the list of a delivery's attempts. */
export interface AttemptCursor {
  number: number;
}

/**
 * A page of a delivery's attempts, newest first.
 * @throws {OutboxError} `message_not_found`, also for another tenant's message; `delivery_not_found`
 */
export async function listAttempts(
  db: Database,
  tenantId: string,
  delivery: DeliveryName,
  { limit, after }: PageRequest<AttemptCursor>,
): Promise<Page<AttemptTrace, AttemptCursor>> {
  const before = after?.number ?? FIRST_PAGE;
  const { row, attempts } = await read(db, tenantId, delivery, { before, limit: limit + 1 });
  const found = viewDelivery(row, viewMessage(row));
  const shown = before > 1 ? viewAttempts(found, attempts) : [];
  return pageOfFirst(shown, limit, ({ number }) => ({ number }));
}

const FIRST_PAGE = Number.MAX_SAFE_INTEGER;
const ALL = -1;

type Row = MessageRow & (DeliveryRow | { endpoint_id: null });

async function read(
  db: Database,
  tenantId: string,
  { messageId, endpointId }: DeliveryName,
  page: { before: number; limit: number },
): Promise<{ row: MessageRow & DeliveryRow; attempts: AttemptRow[] }> {
  const ref = await messageRef(db, messageId);
  if (!ref) throw new OutboxError({ code: "message_not_found", messageId });
  const delivery = { tenantId, ref, endpointId };
  const [[row], attempts] = await readRows<[Row, AttemptRow]>(db, [
    selectDelivery(db, delivery),
    selectAttemptsOf(db, delivery, page),
  ]);
  if (!row) throw new OutboxError({ code: "message_not_found", messageId });
  if (row.endpoint_id === null) throw new OutboxError({ code: "delivery_not_found", messageId, endpointId });
  return { row, attempts };
}
