/**
 * SQL: an earlier delivery blocks the endpoint and ordering key of `row`. The index is named, because SQLite
 * would otherwise read all of the tenant's deliveries before the row's. `and` narrows which earlier ones count.
 */
export function earlierBlocks(row: string, endpointId = `${row}.endpoint_id`, and = ""): string {
  return `EXISTS (
    SELECT 1 FROM outbox_deliveries earlier INDEXED BY outbox_deliveries_key
    WHERE earlier.tenant_id = ${row}.tenant_id AND earlier.endpoint_id = ${endpointId}
      AND earlier.ordering_key = ${row}.ordering_key AND earlier.blocks = 1 AND earlier.seq < ${row}.seq ${and})`;
}
