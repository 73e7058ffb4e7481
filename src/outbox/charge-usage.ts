import { type Database, type Statement, violates } from "../db/database.ts";
import { messageKey, newestKey, newestSeq } from "../db/message-key.ts";
import { COUNTED, type Counted, dayEndsAt, dayOf, QUOTAS } from "../domain/quota.ts";
import { OutboxError } from "../platform/errors.ts";

const FIRST_SEQ = `${newestSeq("?1")} - ?2 + 1`;
const DELIVERIES = `FROM outbox_deliveries d WHERE d.tenant_id = ?1 AND d.seq BETWEEN ${FIRST_SEQ} AND ${newestSeq("?1")}`;

/** SQL: usage of the last `?2` messages, by kind. */
const COMMITTED: Record<Counted, string> = {
  messages: "?2",
  bytes: `(SELECT sum(m.payload_bytes) FROM outbox_messages m
    WHERE m.tenant_id = ?1 AND m.id >= ${messageKey("?1", FIRST_SEQ)} AND m.id <= ${newestKey("?1")})`,
  deliveries: `(SELECT count(*) ${DELIVERIES})`,
  emails: `(SELECT count(*) ${DELIVERIES} AND EXISTS (
    SELECT 1 FROM outbox_endpoints e WHERE e.tenant_id = ?1 AND e.id = d.endpoint_id AND e.channel = 'email'))`,
};

const usedWith = (counted: Counted) => `
  ${COMMITTED[counted]} + coalesce((SELECT ${counted} FROM outbox_usage WHERE tenant_id = ?1 AND day = ?3), 0) AS ${counted}`;
const withinQuota = (counted: Counted) =>
  `iif(${counted} > coalesce(quota ->> '${QUOTAS[counted]}', ${counted}), NULL, ${counted})`;

/**
 * Counts the commit of a tenant with a quota, at the end of its batch. A count beyond the quota becomes NULL, which the
 * column refuses, and the batch is aborted. Without a quota it only reads the tenant's row.
 */
export function chargeUsage(db: Database, tenantId: string, now: number, messages: number): Statement {
  return db
    .prepare(`
      WITH used AS MATERIALIZED (
        SELECT quota, ${COUNTED.map(usedWith).join(", ")} FROM outbox_tenants WHERE id = ?1 AND quota IS NOT NULL)
      INSERT INTO outbox_usage (tenant_id, day, ${COUNTED.join(", ")})
      SELECT ?1, ?3, ${COUNTED.map(withinQuota).join(", ")} FROM used WHERE true
      ON CONFLICT (tenant_id, day) DO UPDATE SET ${COUNTED.map((name) => `${name} = excluded.${name}`).join(", ")}`)
    .bind(tenantId, messages, dayOf(now));
}

/** The quota that is used up, if `chargeUsage` has aborted the batch. */
export function quotaExceeded(error: unknown, now: number): OutboxError | undefined {
  const counted = COUNTED.find((name) => violates(error, "NOT NULL", `outbox_usage.${name}`));
  if (!counted) return undefined;
  return new OutboxError({ code: "quota_exceeded", quota: QUOTAS[counted], endsAt: dayEndsAt(now) });
}
