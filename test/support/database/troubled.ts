import { messageKey } from "../../../src/db/message-key.ts";
import { FROM } from "./many.ts";

/**
 * So many tenants, as statements, each with a failing endpoint, a dead letter that blocks its key, and messages of the same
 * number as all others have.
 * @param crowded number of the tenants that have a hundred of each
 */
export function insertTroubled(count: number, crowded = 101): string[] {
  const numbers = (to: string) =>
    `WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ${to})`;
  const id = "printf('troubled-%05d', n)";
  const each = `iif(t.id <= printf('troubled-%05d', ${crowded}), 100, 1)`;
  return [
    `INSERT INTO outbox_tenants (id, name, state, created_at) ${numbers(String(count))}
     SELECT ${id}, 'Tenant ' || n, 'active', ${FROM} + n FROM n`,
    `INSERT INTO outbox_endpoints (tenant_id, id, channel, target, state, state_reason, failing_since, held_until, ordering,
       created_at, updated_at)
     ${numbers("100")} SELECT t.id, printf('ep_%03d', n), 'webhook', 'https://example.com/', iif(n % 3 = 0, 'disabled', 'enabled'),
       iif(n % 3 = 0, 'failing', NULL), ${FROM} + t.number, iif(n % 3 = 1, ${FROM} + t.number, NULL), 'strict', ${FROM}, ${FROM}
     FROM outbox_tenants t CROSS JOIN n WHERE t.id LIKE 'troubled-%' AND n <= ${each}`,
    `INSERT INTO outbox_messages (tenant_id, id, payload_bytes, nonce, event_type, payload, ordering_key, committed_at)
     ${numbers("100")} SELECT t.id, ${messageKey("t.id", "n")}, 1, printf('%05d%08d', t.number, n), 'common', '1', 'key-' || n, ${FROM} + n
     FROM outbox_tenants t CROSS JOIN n WHERE t.id LIKE 'troubled-%' AND n <= ${each}`,
    `INSERT INTO outbox_deliveries (tenant_id, seq, endpoint_id, ordering_key, payload_bytes, state, settled_at, attempts, reason, blocks)
     SELECT tenant_id, seq, printf('ep_%03d', seq), ordering_key, 1, 'dead', committed_at, 1, 'given_up', 1
     FROM outbox_messages WHERE tenant_id LIKE 'troubled-%'`,
  ];
}
