import { messageKey } from "../../../src/db/message-key.ts";

/** The instant before the first message: one is committed each second. */
export const FROM = Date.parse("2026-01-01T00:00:00Z");

/**
 * A tenant that has had so many messages, as statements. One in 50,000 is of a rare type and goes to a rare endpoint, one in
 * 1,000 is dead after its first attempt and blocks a key of its own, one in 4,000 was cancelled; of the newest, so many are
 * unsettled, one in ten of them leased. Both endpoints are paused. `many.test.ts` compares the rows with the engine's own.
 */
export function insertMany(tenantId: string, count: number, unsettled: number): string[] {
  const numbers = `WITH RECURSIVE n(seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM n WHERE seq < ${count})`;
  const rare = "seq % 50000 = 7";
  const state = `CASE
    WHEN seq % 1000 = 13 THEN 'dead' WHEN seq % 4000 = 17 THEN 'cancelled'
    WHEN seq <= ${count} - ${unsettled} THEN 'delivered' WHEN seq % 10 = 1 THEN 'leased' ELSE 'pending' END`;
  const at = `${FROM} + seq * 1000`;
  const endpoint = (id: string, eventType: string) =>
    `INSERT INTO outbox_endpoints (tenant_id, id, channel, target, event_types, state, ordering, created_at, updated_at)
     VALUES ('${tenantId}', '${id}', 'webhook', 'https://example.com/', '["${eventType}"]', 'paused', 'strict', ${FROM}, ${FROM})`;
  return [
    endpoint("ep_a", "common"),
    endpoint("ep_rare", "rare"),
    `INSERT INTO outbox_messages (tenant_id, id, payload_bytes, nonce, event_type, payload, ordering_key, committed_at)
     ${numbers} SELECT '${tenantId}', ${messageKey(`'${tenantId}'`, "seq")}, length(json_object('n', seq)), printf('%013d', seq),
       iif(${rare}, 'rare', 'common'), json_object('n', seq), iif(seq % 1000 = 13, 'key-' || seq, NULL), ${at} FROM n`,
    `INSERT INTO outbox_deliveries (tenant_id, seq, endpoint_id, ordering_key, payload_bytes, state, due_at, settled_at, lease_token,
       claims, claimed_at, was_due_at, attempts, started_at, duration_ms, http_status, error, excerpt, endpoint_version, reason, blocks)
     SELECT tenant_id, seq, iif(${rare}, 'ep_rare', 'ep_a'), ordering_key, payload_bytes, state,
       iif(settled, NULL, committed_at), iif(settled, committed_at + 20, NULL), iif(state = 'leased', 'x', NULL),
       state = 'leased', iif(tried OR state = 'leased', committed_at + 5, NULL), iif(state = 'leased', committed_at, NULL),
       tried, iif(tried, committed_at + 10, NULL), iif(tried, 10, NULL),
       CASE state WHEN 'delivered' THEN 200 WHEN 'dead' THEN 400 END, iif(state = 'dead', 'http_status', NULL), iif(tried, 'ok', NULL), iif(tried, 1, NULL),
       CASE state WHEN 'dead' THEN 'given_up' WHEN 'cancelled' THEN 'by_request' END, state = 'dead'
     FROM (
       SELECT *, state IN ('delivered', 'dead') AS tried, state IN ('delivered', 'dead', 'cancelled') AS settled
       FROM (SELECT *, ${state} AS state FROM outbox_messages WHERE tenant_id = '${tenantId}'))`,
    `INSERT INTO outbox_attempts (tenant_id, seq, endpoint_id, n, outcome, started_at, duration_ms, http_status, error, excerpt,
       endpoint_version)
     SELECT tenant_id, seq, endpoint_id, 1, 'dead', started_at, duration_ms, http_status, error, excerpt, endpoint_version
     FROM outbox_deliveries WHERE tenant_id = '${tenantId}' AND state = 'dead'`,
  ];
}
