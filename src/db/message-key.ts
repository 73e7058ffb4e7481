/** A message's key: the lower 36 bits are its sequence number, the upper bits its tenant's number. */
const SEQ_BITS = 36;

/** The largest sequence number there can be: 68,719,476,735. */
export const LAST_SEQ = 2 ** SEQ_BITS - 1;

/**
 * SQL: the key of a tenant's message; NULL without such a tenant. For any `seq` the key is within the tenant's range.
 * The bits are combined by OR, because a sum with D1's bound doubles would be a double.
 */
export function messageKey(tenantId: string, seq: string): string {
  return messageKeyOf(`(SELECT number FROM outbox_tenants WHERE id = ${tenantId})`, seq);
}

/** SQL: the key of a message of the tenant with this number. */
export function messageKeyOf(number: string, seq: string): string {
  return `(${number} << ${SEQ_BITS} | min(max(${seq}, 0), ${LAST_SEQ}))`;
}

/** SQL: the key of a tenant's newest message; NULL if it has none. */
export function newestKey(tenantId: string): string {
  return `(SELECT max(id) FROM outbox_messages WHERE id >= ${messageKey(tenantId, "0")} AND id <= ${messageKey(tenantId, String(LAST_SEQ))})`;
}

/** SQL: the sequence number of a tenant's newest message, or 0. */
export function newestSeq(tenantId: string): string {
  return `coalesce(${newestKey(tenantId)} & ${LAST_SEQ}, 0)`;
}
