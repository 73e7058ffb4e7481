import { messageKey } from "../../../src/db/message-key.ts";

/** Parts of a tenant's backlog. */
export interface Backlog {
  tenantId: string;
  endpointId: string;
  /** How many messages. */
  count: number;
  /** Sequence number of the tenant's newest message, if it has any. Defaults to 0. */
  after?: number;
  /** When they were committed, and are due. */
  at: number;
}

/**
 * The rows that commits of so many messages to one endpoint leave behind, as two statements: committed over HTTP, a
 * hundred thousand of them would take minutes.
 */
export function backlogStatements({ tenantId, endpointId, count, after = 0, at }: Backlog): string[] {
  const numbers = `WITH RECURSIVE n(seq) AS (SELECT ${after + 1} UNION ALL SELECT seq + 1 FROM n WHERE seq < ${after + count})`;
  return [
    `INSERT INTO outbox_messages (tenant_id, id, payload_bytes, nonce, event_type, payload, committed_at)
     ${numbers} SELECT '${tenantId}', ${messageKey(`'${tenantId}'`, "seq")}, length(seq), printf('%013d', seq), 'a', CAST(seq AS TEXT), ${at} FROM n`,
    `INSERT INTO outbox_deliveries (tenant_id, seq, endpoint_id, payload_bytes, state, due_at)
     ${numbers} SELECT '${tenantId}', seq, '${endpointId}', length(seq), 'pending', ${at} FROM n`,
  ];
}
