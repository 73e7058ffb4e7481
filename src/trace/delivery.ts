import type { Database } from "../db/database.ts";
import { messageRef } from "../db/message-ref.ts";
import { messageId as idOf, type MessageIdRow } from "../domain/message-id.ts";
import { firstOf, type Page, type PageQuery } from "../domain/page.ts";
import { OutboxError } from "../platform/errors.ts";
import {
  type AttemptRow,
  type AttemptTrace,
  type DeliveryRow,
  type DeliveryTrace,
  describeAttempts,
  describeDelivery,
} from "./messages.ts";
import { selectAttemptsOf, selectDelivery } from "./statements.ts";

/** A delivery with its attempts, and its message's key facts. */
export interface DeliveryDetail extends DeliveryTrace {
  messageId: string;
  sequence: number;
  eventType: string;
  committedAt: number;
  orderingKey: string | null;
}

/** Name of a delivery: its message and its endpoint. */
export interface DeliveryName {
  messageId: string;
  endpointId: string;
}

/** @throws {OutboxError} `message_not_found`: also for another tenant's message; `delivery_not_found` */
export async function readDelivery(
  db: Database,
  tenantId: string,
  delivery: DeliveryName,
): Promise<DeliveryDetail> {
  const { row, attempts } = await read(db, tenantId, delivery, { before: FIRST_PAGE, limit: ALL });
  return {
    messageId: idOf(row),
    sequence: row.seq,
    eventType: row.event_type,
    committedAt: row.committed_at,
    orderingKey: row.ordering_key,
    ...describeDelivery(row, attempts.toReversed()),
  };
}

/** A position in the list of a delivery's attempts. */
export interface AttemptPlace {
  number: number;
}

/**
 * A page of a delivery's attempts, newest first.
 * @throws {OutboxError} `message_not_found`: also for another tenant's message; `delivery_not_found`
 */
export async function listAttempts(
  db: Database,
  tenantId: string,
  delivery: DeliveryName,
  { limit, after }: PageQuery<AttemptPlace>,
): Promise<Page<AttemptTrace, AttemptPlace>> {
  const before = after?.number ?? FIRST_PAGE;
  const { row, attempts } = await read(db, tenantId, delivery, { before, limit: limit + 1 });
  const described = before > 1 ? describeAttempts(row, attempts) : [];
  return firstOf(described, limit, ({ number }) => ({ number }));
}

const FIRST_PAGE = Number.MAX_SAFE_INTEGER;
const ALL = -1;

interface Row extends DeliveryRow, MessageIdRow {
  event_type: string;
  committed_at: number;
  ordering_key: string | null;
}

async function read(
  db: Database,
  tenantId: string,
  { messageId, endpointId }: DeliveryName,
  page: { before: number; limit: number },
): Promise<{ row: Row; attempts: AttemptRow[] }> {
  const ref = await messageRef(db, messageId);
  if (!ref) throw new OutboxError({ code: "message_not_found", messageId });
  const delivery = { tenantId, ref, endpointId };
  const [deliveries, attempts] = await db.batch([
    selectDelivery(db, delivery),
    selectAttemptsOf(db, delivery, page),
  ]);
  const row = deliveries?.results[0] as Row | { endpoint_id: null } | undefined;
  if (!row) throw new OutboxError({ code: "message_not_found", messageId });
  if (row.endpoint_id === null) throw new OutboxError({ code: "delivery_not_found", messageId, endpointId });
  return { row, attempts: (attempts?.results ?? []) as AttemptRow[] };
}
