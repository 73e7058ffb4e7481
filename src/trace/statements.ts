import type { Database, Statement } from "../db/database.ts";
import { messageKey } from "../db/message-key.ts";
import { payloadText } from "../db/payload.ts";
import { columnsOf, type RowOf } from "../db/row.ts";
import type { messages } from "../db/schema.ts";
import { DIRECT_EMAIL_ENDPOINT } from "../domain/ids.ts";
import type { DeliveryRef, MessageRef } from "../domain/message-id.ts";
import type { SensitiveContent } from "../domain/sensitive-email.ts";
import { ATTEMPT_COLUMNS } from "./attempts.ts";
import { DELIVERY_COLUMNS, MESSAGE_COLUMNS, type MessageRow } from "./delivery-view.ts";

const OF_WHOLE = ["deliver_at", "traceparent", "tracestate"] as const;

/** A message with its payload. */
export interface WholeRow extends MessageRow, RowOf<typeof messages, (typeof OF_WHOLE)[number]> {
  payload: string;
  content: SensitiveContent | null;
}

/** The nonce proves that the id was made for this tenant. */
export function selectMessage(db: Database, tenantId: string, { seq, nonce }: MessageRef): Statement {
  return db
    .prepare(`
      SELECT ${MESSAGE_COLUMNS}, ${columnsOf<typeof messages>("m", OF_WHOLE)}, ${payloadText("m")} AS payload,
        CASE WHEN m.sealed = '' THEN 'wiped' WHEN m.sealed IS NOT NULL THEN 'sealed' END AS content
      FROM outbox_messages m WHERE m.tenant_id = ?1 AND m.id = ${messageKey("?1", "?2")} AND m.nonce = ?3`)
    .bind(tenantId, seq, nonce);
}

export function selectDeliveries(db: Database, tenantId: string, seq: number): Statement {
  return db
    .prepare(`
      SELECT ${DELIVERY_COLUMNS}
      FROM outbox_deliveries d JOIN outbox_endpoints e ON e.tenant_id = d.tenant_id AND e.id = d.endpoint_id
      WHERE d.tenant_id = ?1 AND d.seq = ?2 ORDER BY d.endpoint_id`)
    .bind(tenantId, seq);
}

export function selectAttempts(db: Database, tenantId: string, seq: number): Statement {
  return db
    .prepare(`
      SELECT ${ATTEMPT_COLUMNS}
      FROM outbox_attempts a WHERE a.tenant_id = ?1 AND a.seq = ?2 ORDER BY a.endpoint_id, a.n`)
    .bind(tenantId, seq);
}

/** A message and its delivery to an endpoint; NULL if there is none. Only a direct e-mail has its payload. */
export function selectDelivery(db: Database, { tenantId, ref, endpointId }: DeliveryRef): Statement {
  return db
    .prepare(`
      SELECT ${MESSAGE_COLUMNS}, ${DELIVERY_COLUMNS},
        iif(d.endpoint_id = '${DIRECT_EMAIL_ENDPOINT}', ${payloadText("m")}, NULL) AS payload
      FROM outbox_messages m
        LEFT JOIN outbox_deliveries d ON d.tenant_id = m.tenant_id AND d.seq = m.seq AND d.endpoint_id = ?4
        LEFT JOIN outbox_endpoints e ON e.tenant_id = d.tenant_id AND e.id = d.endpoint_id
      WHERE m.tenant_id = ?1 AND m.id = ${messageKey("?1", "?2")} AND m.nonce = ?3`)
    .bind(tenantId, ref.seq, ref.nonce, endpointId);
}

/** A delivery's attempts before a number, newest first. A negative limit: all of them. */
export function selectAttemptsOf(
  db: Database,
  { tenantId, ref, endpointId }: DeliveryRef,
  page: { before: number; limit: number },
): Statement {
  return db
    .prepare(`
      SELECT ${ATTEMPT_COLUMNS} FROM outbox_attempts a
      WHERE a.tenant_id = ?1 AND a.seq = ?2 AND a.endpoint_id = ?4 AND a.n < ?5
        AND EXISTS (
          SELECT 1 FROM outbox_messages m WHERE m.tenant_id = ?1 AND m.id = ${messageKey("?1", "?2")} AND m.nonce = ?3)
      ORDER BY a.n DESC LIMIT ?6`)
    .bind(tenantId, ref.seq, ref.nonce, endpointId, page.before, page.limit);
}
