/**
 * SQL: the sequence number at which the messages committed since an instant begin. Sequence numbers rise with the
 * instants, so it is found by halving: three rows read for each half, 20 halves of a million messages. The clocks of
 * commits may differ by `commitSkewMs`: who must not miss one asks for an instant that much earlier, and compares.
 */
export function seqSince(tenantId: string, instant: string): string {
  return `(
    WITH RECURSIVE halving(low, high) AS (
      SELECT 1, (SELECT coalesce(max(seq), 0) + 1 FROM outbox_messages WHERE tenant_id = ${tenantId})
      UNION ALL
      SELECT iif(m.committed_at < ${instant}, m.seq + 1, low), iif(m.committed_at < ${instant}, high, (low + high) / 2)
      FROM halving CROSS JOIN outbox_messages m ON m.tenant_id = ${tenantId} AND m.seq = (
        SELECT min(seq) FROM outbox_messages WHERE tenant_id = ${tenantId} AND seq >= (low + high) / 2)
      WHERE low < high
    )
    SELECT max(low) FROM halving)`;
}
