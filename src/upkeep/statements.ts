import type { Database, Statement } from "../db/database.ts";

/**
 * Tenants that have deliveries due before `before`, to endpoints that are neither paused nor disabled; nor due are those
 * that a breaker or a rate limit holds back until later. Hops from tenant to
 * tenant through the due index: it reads some rows for each tenant with unsettled deliveries, not the backlog.
 */
export function selectOverdueTenants(db: Database, before: number, limit: number): Statement {
  return db
    .prepare(`
      WITH RECURSIVE busy(tenant_id) AS (
        SELECT min(tenant_id) FROM deliveries WHERE due_at IS NOT NULL AND behind = 0
        UNION ALL
        SELECT (SELECT min(tenant_id) FROM deliveries
                WHERE tenant_id > busy.tenant_id AND due_at IS NOT NULL AND behind = 0)
        FROM busy WHERE busy.tenant_id IS NOT NULL
      )
      SELECT busy.tenant_id, min(oldest.due_at) AS due_at
      FROM busy CROSS JOIN (
        SELECT e.tenant_id,
          max((SELECT min(d.due_at) FROM deliveries d
            WHERE d.tenant_id = e.tenant_id AND d.endpoint_id = e.id AND d.due_at IS NOT NULL AND d.behind = 0),
            coalesce(e.held_until, 0), coalesce(e.paced_to, 0)) AS due_at
        FROM endpoints e JOIN tenants t ON t.id = e.tenant_id
        WHERE e.state = 'deleted' OR (e.state = 'enabled' AND t.state = 'active')
      ) oldest ON oldest.tenant_id = busy.tenant_id
      WHERE oldest.due_at < ?1
      GROUP BY busy.tenant_id ORDER BY min(oldest.due_at) LIMIT ?2`)
    .bind(before, limit);
}
