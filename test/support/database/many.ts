import { messageKey } from "../../../src/db/message-key.ts";

/** The instant before the first message: one is committed each second. */
export const FROM = Date.parse("2026-01-01T00:00:00Z");

/**
 * A tenant that has had so many messages, as statements. One in 50,000 is of a rare type and goes to a rare endpoint, one in
 * 1,000 is dead and blocks a key of its own, one in 4,000 was cancelled; of the newest, so many are unsettled, one in ten of them
 * leased. Both endpoints are paused.
 */
export function insertMany(tenantId: string, count: number, unsettled: number): string[] {
  const numbers = `WITH RECURSIVE n(seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM n WHERE seq < ${count})`;
  const rare = "seq % 50000 = 7";
  const state = `CASE
    WHEN seq % 1000 = 13 THEN 'dead' WHEN seq % 4000 = 17 THEN 'cancelled'
    WHEN seq <= ${count} - ${unsettled} THEN 'delivered' WHEN seq % 10 = 1 THEN 'leased' ELSE 'pending' END`;
  const at = `${FROM} + seq * 1000`;
  const endpoint = (id: string, channel: string) =>
    `INSERT INTO outbox_endpoints (tenant_id, id, channel, target, state, ordering, created_at, updated_at)
     VALUES ('${tenantId}', '${id}', '${channel}', 'https://example.com/', 'paused', 'strict', ${FROM}, ${FROM})`;
  return [
    endpoint("ep_a", "webhook"),
    endpoint("ep_rare", "webhook"),
    `INSERT INTO outbox_messages (tenant_id, id, payload_bytes, nonce, event_type, payload, ordering_key, committed_at)
     ${numbers} SELECT '${tenantId}', ${messageKey(`'${tenantId}'`, "seq")}, 1, printf('%013d', seq), iif(${rare}, 'rare', 'common'), json_object('n', seq),
       iif(seq % 1000 = 13, 'key-' || seq, NULL), ${at} FROM n`,
    `INSERT INTO outbox_deliveries (tenant_id, seq, endpoint_id, ordering_key, payload_bytes, state, due_at, settled_at, lease_token,
       attempts, started_at, duration_ms, http_status, blocks)
     SELECT tenant_id, seq, iif(${rare}, 'ep_rare', 'ep_a'), ordering_key, length(payload), state,
       iif(state IN ('pending', 'leased'), committed_at, NULL), iif(state IN ('pending', 'leased'), NULL, committed_at + 20),
       iif(state = 'leased', 'x', NULL), state IN ('delivered', 'dead'), committed_at + 10, 10, iif(state = 'dead', 500, 200),
       state = 'dead'
     FROM (SELECT *, ${state} AS state FROM outbox_messages WHERE tenant_id = '${tenantId}')`,
  ];
}
