import { type Database, readRows } from "../db/database.ts";
import { messageRef } from "../db/message-ref.ts";
import { readPayload } from "../db/payload.ts";
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
import { type EmailEventRow, selectEmailEvents } from "./recipients.ts";
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
  const { row, attempts, emailEvents } = await read(db, tenantId, delivery, {
    before: FIRST_PAGE,
    limit: ALL,
  });
  const payload = row.payload === null ? null : readPayload(row.payload);
  const oldestFirst = attempts.toReversed();
  return viewDetailAt(now, { row, message: viewMessage(row), attempts: oldestFirst, emailEvents, payload });
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

interface Whole extends MessageRow {
  payload: string | null;
}
type Row = Whole & (DeliveryRow | { endpoint_id: null });

async function read(
  db: Database,
  tenantId: string,
  { messageId, endpointId }: DeliveryName,
  page: { before: number; limit: number },
): Promise<{ row: Whole & DeliveryRow; attempts: AttemptRow[]; emailEvents: EmailEventRow[] }> {
  const ref = await messageRef(db, messageId);
  if (!ref) throw new OutboxError({ code: "message_not_found", messageId });
  const delivery = { tenantId, ref, endpointId };
  const [[row], attempts, emailEvents] = await readRows<[Row, AttemptRow, EmailEventRow]>(db, [
    selectDelivery(db, delivery),
    selectAttemptsOf(db, delivery, page),
    selectEmailEvents(db, tenantId, ref.seq),
  ]);
  if (!row) throw new OutboxError({ code: "message_not_found", messageId });
  if (row.endpoint_id === null) throw new OutboxError({ code: "delivery_not_found", messageId, endpointId });
  return { row, attempts, emailEvents };
}
