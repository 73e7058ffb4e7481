import type { Database } from "../db/database.ts";
import { messageRef } from "../db/message-ref.ts";
import { type MessageIdRow, messageId } from "../domain/message-id.ts";
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

/** One delivery with its attempts, and what of its message tells it apart. */
export interface DeliveryDetail extends DeliveryTrace {
  messageId: string;
  sequence: number;
  eventType: string;
  committedAt: number;
  orderingKey: string | null;
}

/** @throws {OutboxError} `message_not_found`: also for another tenant's message; `delivery_not_found` */
export async function readDelivery(
  db: Database,
  tenantId: string,
  id: string,
  endpointId: string,
): Promise<DeliveryDetail> {
  const { row, attempts } = await read(db, tenantId, id, endpointId, { before: FIRST_PAGE, limit: ALL });
  return {
    messageId: messageId(row),
    sequence: row.seq,
    eventType: row.event_type,
    committedAt: row.committed_at,
    orderingKey: row.ordering_key,
    ...describeDelivery(row, attempts.toReversed()),
  };
}

/**
 * A page of a delivery's attempts, newest first, those before the number `before`. `next`: before which number the next page
 * begins; null when this is the last.
 * @throws {OutboxError} `message_not_found`: also for another tenant's message; `delivery_not_found`
 */
export async function listAttempts(
  db: Database,
  tenantId: string,
  id: string,
  endpointId: string,
  { limit, before = FIRST_PAGE }: { limit: number; before?: number | undefined },
): Promise<{ attempts: AttemptTrace[]; next: number | null }> {
  const found = await read(db, tenantId, id, endpointId, { before, limit: limit + 1 });
  const attempts = before > 1 ? describeAttempts(found.row, found.attempts) : [];
  const shown = attempts.slice(0, limit);
  return { attempts: shown, next: attempts.length > limit ? (shown.at(-1)?.number ?? null) : null };
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
  id: string,
  endpointId: string,
  page: { before: number; limit: number },
): Promise<{ row: Row; attempts: AttemptRow[] }> {
  const ref = await messageRef(db, id);
  if (!ref) throw new OutboxError({ code: "message_not_found", messageId: id });
  const [deliveries, attempts] = await db.batch([
    selectDelivery(db, tenantId, ref, endpointId),
    selectAttemptsOf(db, tenantId, ref, endpointId, page),
  ]);
  const row = deliveries?.results[0] as Row | { endpoint_id: null } | undefined;
  if (!row) throw new OutboxError({ code: "message_not_found", messageId: id });
  if (row.endpoint_id === null)
    throw new OutboxError({ code: "delivery_not_found", messageId: id, endpointId });
  return { row, attempts: (attempts?.results ?? []) as AttemptRow[] };
}
