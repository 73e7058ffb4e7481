import type { Database, Statement } from "../db/database.ts";
import { messageKey } from "../db/message-key.ts";
import { MESSAGE_ID } from "../db/message-ref.ts";
import { payloadText } from "../db/payload.ts";
import { DIRECT_EMAIL_ENDPOINT } from "../domain/ids.ts";
import type { MessageIdRow } from "../domain/message-id.ts";
import type { BatchMember } from "./batch-members.ts";

/** A member under its lease. */
interface LeasedMember extends BatchMember {
  leaseToken: string;
}

/**
 * Notes with each member which others go with it, before any is sent. Members whose lease is lost, or that are noted with
 * others, are left out of the answer.
 * @param before notes of this very request that were in vain, as some of its members were lost
 */
export function storeBatch(
  db: Database,
  text: string,
  members: readonly LeasedMember[],
  before: readonly string[],
): Statement {
  return db
    .prepare(`
      UPDATE outbox_deliveries SET batch = ?1
      FROM (
        SELECT value ->> 'tenantId' AS tenant, value ->> 'seq' AS number, value ->> 'leaseToken' AS token FROM json_each(?2)
      ) m
      WHERE tenant_id = m.tenant AND seq = m.number AND endpoint_id = '${DIRECT_EMAIL_ENDPOINT}' AND lease_token = m.token
        AND (batch IS NULL OR batch IN (SELECT value FROM json_each(?3)))
      RETURNING tenant_id, seq`)
    .bind(text, JSON.stringify(members), JSON.stringify(before));
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
