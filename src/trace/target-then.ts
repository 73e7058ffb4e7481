/**
 * SQL: the target of the endpoint of `row` at its attempt: NULL for a row without an attempt, for direct e-mails,
 * whose endpoint has none, and for a target that was replaced too often to be kept. `now`: the target by now.
 */
export function targetThen(row: string, now: string): string {
  return `iif(${row}.endpoint_version IS NULL, NULL, nullif(coalesce((
    SELECT iif(former.first_version <= ${row}.endpoint_version, former.target, '') FROM outbox_former_targets former
    WHERE former.tenant_id = ?1 AND former.endpoint_id = ${row}.endpoint_id AND former.version >= ${row}.endpoint_version
    ORDER BY former.version LIMIT 1), ${now}), ''))`;
}
