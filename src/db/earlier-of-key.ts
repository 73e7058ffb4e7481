/**
 * SQL: an earlier delivery of the same endpoint and ordering key as `row` is unsettled. The index is named, and
 * its condition repeated, because SQLite would otherwise read all of the tenant's deliveries before the row's.
 * `and` narrows which earlier ones count.
 */
export function earlierUnsettled(row: string, endpointId = `${row}.endpoint_id`, and = ""): string {
  return `EXISTS (
    SELECT 1 FROM deliveries earlier INDEXED BY deliveries_key
    WHERE earlier.tenant_id = ${row}.tenant_id AND earlier.endpoint_id = ${endpointId}
      AND earlier.ordering_key = ${row}.ordering_key AND earlier.ordering_key IS NOT NULL
      AND earlier.settled_at IS NULL AND earlier.seq < ${row}.seq ${and})`;
}
