import type { Database, Statement } from "../db/database.ts";
import { messageKey } from "../db/message-key.ts";
import { MESSAGE_ID } from "../db/message-ref.ts";
import { payloadText } from "../db/payload.ts";
import { DIRECT_EMAIL_ENDPOINT } from "../domain/ids.ts";
import type { MessageIdRow } from "../domain/message-id.ts";
import type { DeliveryTask } from "../relay/delivery-task.ts";
import type { BatchMember } from "./batch-members.ts";

/** A member under its lease. */
interface LeasedMember extends BatchMember {
  leaseToken: string;
}

/** SQL: members of the request `?1`, `?2` as JSON, that are under their lease, and noted with no others. */
const FIT = `
  SELECT d.tenant_id, d.seq FROM json_each(?2) m
    CROSS JOIN outbox_deliveries d ON d.tenant_id = m.value ->> 'tenantId' AND d.seq = m.value ->> 'seq'
      AND d.endpoint_id = '${DIRECT_EMAIL_ENDPOINT}' AND d.lease_token = m.value ->> 'leaseToken'
  WHERE d.batch IS NULL OR d.batch = ?1`;

/** Notes with each member which others go with it, before any is sent: with all of them, or with none if one does not fit. */
export function storeBatch(db: Database, text: string, members: readonly LeasedMember[]): Statement {
  return db
    .prepare(`
      WITH fit AS MATERIALIZED (${FIT})
      UPDATE outbox_deliveries SET batch = ?1 FROM fit
      WHERE outbox_deliveries.tenant_id = fit.tenant_id AND outbox_deliveries.seq = fit.seq
        AND outbox_deliveries.endpoint_id = '${DIRECT_EMAIL_ENDPOINT}' AND (SELECT count(*) FROM fit) = json_array_length(?2)`)
    .bind(text, JSON.stringify(members));
}

/** Marks a delivery as one that goes by itself through an account, in place of what stood there when it was read. */
export function bindDelivery(
  db: Database,
  { tenantId, endpointId, leaseToken }: DeliveryTask,
  { seq, batch, mark }: { seq: number; batch: string | null; mark: string },
): Statement {
  return db
    .prepare(`
      UPDATE outbox_deliveries SET batch = ?5
      WHERE tenant_id = ?1 AND seq = ?2 AND endpoint_id = ?3 AND lease_token = ?4 AND (batch IS ?6 OR batch = ?5)
      RETURNING seq`)
    .bind(tenantId, seq, endpointId, leaseToken, mark, batch);
}

/** Members that fit: all of them, if the request was noted. */
export function selectFit(db: Database, text: string, members: readonly LeasedMember[]): Statement {
  return db.prepare(FIT).bind(text, JSON.stringify(members));
}

/** The message of a member, by which its e-mail is written again. */
export interface MemberRow extends MessageIdRow {
  tenant_id: string;
  committed_at: number;
  payload: string;
}

/** Messages of members, in their order. Purged ones are left out. */
export function selectMembers(db: Database, members: readonly BatchMember[]): Statement {
  return db
    .prepare(`
      SELECT m.tenant_id, ${MESSAGE_ID}, m.committed_at, ${payloadText("m")} AS payload
      FROM json_each(?1) ref
        CROSS JOIN outbox_messages m ON m.tenant_id = ref.value ->> 'tenantId'
          AND m.id = ${messageKey("(ref.value ->> 'tenantId')", "(ref.value ->> 'seq')")}
      ORDER BY ref.key`)
    .bind(JSON.stringify(members));
}
