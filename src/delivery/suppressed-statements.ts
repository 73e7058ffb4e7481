import type { Database, Statement } from "../db/database.ts";
import { SUPPRESSED } from "../domain/email-status.ts";
import type { DeliveryTask } from "../relay/delivery-task.ts";
import type { Verdict } from "./verdict.ts";

/** Selects which of these addresses are suppressed at an instant, without a topic, and from which topics they have unsubscribed. */
export function selectSuppressed(
  db: Database,
  tenantId: string,
  addresses: readonly string[],
  now: number,
): Statement {
  return db
    .prepare(`
      SELECT address, NULL AS topic FROM outbox_suppressions
      WHERE tenant_id = ?1 AND address IN (SELECT value FROM json_each(?2)) AND (until IS NULL OR until > ?3)
      UNION ALL
      SELECT u.address, u.topic FROM outbox_unsubscribes u
      WHERE u.tenant_id = ?1 AND u.address IN (SELECT value FROM json_each(?2))`)
    .bind(tenantId, JSON.stringify(addresses), now);
}

/** Records which recipients an e-mail was not sent to, fenced by the lease. */
export function recordSuppressed(
  db: Database,
  { tenantId, endpointId, leaseToken }: DeliveryTask,
  verdicts: readonly Verdict[],
  now: number,
): Statement {
  const entries = verdicts.flatMap(({ seq, suppressed = [] }) =>
    suppressed.map((address) => ({ seq, address })),
  );
  return db
    .prepare(`
      INSERT INTO outbox_email_events (tenant_id, seq, id, endpoint_id, address, status, provider, at, received_at)
      SELECT d.tenant_id, d.seq, 'outbox ' || ?2 || ' ' || (one.value ->> 'address'), ?2, one.value ->> 'address',
        '${SUPPRESSED}', 'outbox', ?5, ?5
      FROM json_each(?4) one
        CROSS JOIN outbox_deliveries d ON d.tenant_id = ?1 AND d.seq = one.value ->> 'seq' AND d.endpoint_id = ?2
      WHERE d.lease_token = ?3
      ON CONFLICT DO NOTHING`)
    .bind(tenantId, endpointId, leaseToken, JSON.stringify(entries), now);
}
