import { messageKey } from "../../../src/db/message-key.ts";

const LET_GO =
  "14 a dead delivery blocks its key on an endpoint with strict order only, and not on a deleted one";

/** Invariants of the relay, which hold once it has had its turn. */
export const AFTER_A_DRAIN: ReadonlySet<string> = new Set([LET_GO]);

/**
 * Invariants of D1 at every moment; docs/internals/invariants.md has the words, by these numbers. Each query finds the
 * rows that break one. Some are also CHECK constraints: they are looked at all the same.
 */
export const VIOLATIONS: Record<string, string> = {
  "1 every delivery has its message": `
    SELECT d.seq, d.endpoint_id FROM outbox_deliveries d LEFT JOIN outbox_messages m ON m.id = ${messageKey("?1", "d.seq")}
    WHERE d.tenant_id = ?1 AND m.id IS NULL`,
  "2 unsettled deliveries are due, settled ones are not": `
    SELECT seq, endpoint_id, state, due_at FROM outbox_deliveries
    WHERE tenant_id = ?1 AND (due_at IS NOT NULL) <> (state IN ('pending', 'leased'))`,
  "4 a lease token stands only in leased deliveries": `
    SELECT seq, endpoint_id, state FROM outbox_deliveries
    WHERE tenant_id = ?1 AND (lease_token IS NOT NULL) <> (state = 'leased')`,
  "5 of a key, no later delivery was tried before the earlier one was settled": `
    SELECT earlier.seq AS earlier, later.seq AS later, earlier.endpoint_id FROM outbox_deliveries later
    CROSS JOIN outbox_deliveries earlier ON earlier.tenant_id = later.tenant_id AND earlier.endpoint_id = later.endpoint_id
      AND earlier.ordering_key = later.ordering_key AND earlier.seq < later.seq
    LEFT JOIN outbox_attempts first ON first.tenant_id = later.tenant_id AND first.seq = later.seq
      AND first.endpoint_id = later.endpoint_id AND first.n = 1
    WHERE later.tenant_id = ?1 AND later.attempts > 0 AND earlier.schedule_from = 0
      AND (earlier.settled_at IS NULL OR coalesce(first.started_at, later.started_at) < earlier.settled_at)`,
  "6 attempts are numbered from 1 without a gap": `
    SELECT d.seq, d.endpoint_id, d.attempts, count(a.n) AS recorded, max(a.n) AS last FROM outbox_deliveries d
    LEFT JOIN outbox_attempts a ON a.tenant_id = d.tenant_id AND a.seq = d.seq AND a.endpoint_id = d.endpoint_id
    WHERE d.tenant_id = ?1 GROUP BY d.seq, d.endpoint_id
    HAVING NOT (d.attempts = count(a.n) AND coalesce(max(a.n), 0) = d.attempts)
      AND NOT (d.attempts = 1 AND d.state = 'delivered' AND count(a.n) = 0)`,
  "10 the sequence has no gap": `
    SELECT count(*) AS messages, max(seq) AS last FROM outbox_messages
    WHERE tenant_id = ?1 HAVING count(*) > 0
      AND max(seq) <> count(*) + (SELECT purged FROM outbox_tenants WHERE id = ?1)`,
  "11 the head of a key is never behind, and whatever is behind has one that blocks it": `
    SELECT d.seq, d.endpoint_id, d.ordering_key, d.behind FROM outbox_deliveries d
    WHERE d.tenant_id = ?1 AND d.due_at IS NOT NULL AND d.behind = 1 AND NOT EXISTS (
      SELECT 1 FROM outbox_deliveries earlier WHERE earlier.tenant_id = d.tenant_id AND earlier.endpoint_id = d.endpoint_id
        AND earlier.ordering_key = d.ordering_key AND earlier.blocks = 1 AND earlier.seq < d.seq)`,
  "12 what is keyed blocks its key until it is settled; afterwards only a dead one may": `
    SELECT seq, endpoint_id, ordering_key, state, blocks FROM outbox_deliveries
    WHERE tenant_id = ?1 AND blocks <> (ordering_key IS NOT NULL AND settled_at IS NULL)
      AND NOT (blocks = 1 AND state = 'dead' AND ordering_key IS NOT NULL)`,
  "13 a message, its deliveries, their attempts and its idempotency key go together": `
    SELECT a.seq, a.endpoint_id AS of FROM outbox_attempts a LEFT JOIN outbox_deliveries d USING (tenant_id, seq, endpoint_id)
    WHERE a.tenant_id = ?1 AND d.seq IS NULL
    UNION ALL
    SELECT k.first_seq, k.key FROM outbox_idempotency_keys k
    LEFT JOIN outbox_messages m ON m.id = ${messageKey("?1", "k.first_seq")} AND m.idempotency_key = k.key
    WHERE k.tenant_id = ?1 AND m.id IS NULL
    UNION ALL
    SELECT m.seq, m.idempotency_key FROM outbox_messages m
    LEFT JOIN outbox_idempotency_keys k ON k.tenant_id = m.tenant_id AND k.key = m.idempotency_key AND k.first_seq = m.seq
    WHERE m.tenant_id = ?1 AND m.idempotency_key IS NOT NULL AND k.key IS NULL`,
  "21 an event of an e-mail has its delivery": `
    SELECT x.seq, x.id FROM outbox_email_events x LEFT JOIN outbox_deliveries d USING (tenant_id, seq, endpoint_id)
    WHERE x.tenant_id = ?1 AND d.seq IS NULL`,
  "18 outcomes on record are in the sums once, but for first attempts that delivered behind the watermark": `
    WITH recorded AS (
      SELECT a.endpoint_id, a.outcome, a.n = 1 AND a.outcome = 'delivered' AND a.seq > t.summed_to AS ahead
      FROM outbox_tenants t CROSS JOIN outbox_attempts a ON a.tenant_id = t.id WHERE t.id = ?1
      UNION ALL
      SELECT d.endpoint_id, 'delivered', d.seq > t.summed_to
      FROM outbox_tenants t CROSS JOIN outbox_deliveries d ON d.tenant_id = t.id
      WHERE t.id = ?1 AND d.state = 'delivered' AND d.attempts = 1 AND NOT EXISTS (
        SELECT 1 FROM outbox_attempts a WHERE a.tenant_id = ?1 AND a.seq = d.seq AND a.endpoint_id = d.endpoint_id))
    SELECT endpoint_id, sum(delivered) AS delivered, sum(retried) AS retried, sum(dead) AS dead FROM (
      SELECT endpoint_id, delivered, retried, dead FROM outbox_sums
      WHERE tenant_id = ?1 AND endpoint_id <> '' AND step IN (0, 300000)
      UNION ALL
      SELECT endpoint_id, -(outcome = 'delivered'), -(outcome = 'retry'), -(outcome = 'dead') FROM recorded WHERE NOT ahead)
    WHERE (SELECT purged FROM outbox_tenants WHERE id = ?1) = 0
    GROUP BY endpoint_id HAVING sum(delivered) <> 0 OR sum(retried) <> 0 OR sum(dead) < 0`,
  "19 the sums count each committed message up to the watermark, and each failed attempt in one class": `
    SELECT t.summed_to, total(s.committed) AS committed, NULL AS endpoint_id FROM outbox_tenants t
    LEFT JOIN outbox_sums s ON s.tenant_id = t.id AND s.endpoint_id = '' AND s.step IN (0, 300000)
    WHERE t.id = ?1 GROUP BY t.id HAVING total(s.committed) <> t.summed_to
    UNION ALL
    SELECT at, retried + dead, endpoint_id FROM outbox_sums WHERE tenant_id = ?1
      AND (retried + dead <> redirected + refused + throttled + failed + timed_out + unreached + other
        OR delivered < l0 + l1 + l2 + l3 + l4 + l5 + l6 + l7 + l8 + l9 + l10 + l11 + l12)`,
  "23 a sensitive e-mail is sealed until its delivery is settled, and then wiped": `
    SELECT m.seq, d.state, m.sealed_by FROM outbox_messages m JOIN outbox_deliveries d USING (tenant_id, seq)
    WHERE m.tenant_id = ?1 AND m.sealed IS NOT NULL
      AND ((m.sealed = '') <> (d.settled_at IS NOT NULL) OR (m.sealed = '') <> (m.sealed_by IS NULL))`,
  [LET_GO]: `
    SELECT d.seq, d.endpoint_id, e.ordering, e.state FROM outbox_deliveries d
    JOIN outbox_endpoints e ON e.tenant_id = d.tenant_id AND e.id = d.endpoint_id
    WHERE d.tenant_id = ?1 AND d.state = 'dead' AND d.blocks = 1 AND (e.ordering <> 'strict' OR e.state = 'deleted')`,
};
