import { messageKey, newestKey, newestSeq } from "./message-key.ts";

/**
 * SQL: the first sequence number of messages committed since an instant. Sequence numbers rise with instants, so
 * halving finds it: three rows read per step, 20 steps for a million messages. The clocks of commits may differ by
 * `commitSkewMs`: to miss none, ask for an instant that much earlier, and compare.
 */
export function seqSince(tenantId: string, instant: string): string {
  return `(
    WITH RECURSIVE halving(low, high) AS (
      SELECT 1, ${newestSeq(tenantId)} + 1
      UNION ALL
      SELECT iif(m.committed_at < ${instant}, m.seq + 1, low), iif(m.committed_at < ${instant}, high, (low + high) / 2)
      FROM halving CROSS JOIN outbox_messages m ON m.tenant_id = ${tenantId} AND m.id = (
        SELECT min(id) FROM outbox_messages
        WHERE id >= ${messageKey(tenantId, "(low + high) / 2")} AND id <= ${newestKey(tenantId)})
      WHERE low < high
    )
    SELECT max(low) FROM halving)`;
}
