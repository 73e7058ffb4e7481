import { SUM_STEPS_MS } from "../domain/sums.ts";
import type { Database, Statement } from "./database.ts";
import { endpointsWithSums } from "./sums.ts";

/**
 * E-mails of a tenant that were accepted in a span of time, and of what came back in it. `looked`: number of sums read. At the
 * limit there may be more.
 */
export interface EmailSumsRow {
  accepted: number;
  hardBounced: number;
  softBounced: number;
  complained: number;
  looked: number;
}

/** Adds up the sums of a tenant's e-mails, by whole spans. Reads a row for each span and endpoint, as far as `most`. */
export function selectEmailSums(
  db: Database,
  tenantId: string,
  { since, until }: { since: number; until: number },
  most: number,
): Statement {
  return db
    .prepare(`
      WITH RECURSIVE ${endpointsWithSums("SELECT ?1 AS value")}
      SELECT count(*) AS looked, coalesce(sum(delivered), 0) AS accepted, coalesce(sum(hard_bounced), 0) AS hardBounced,
        coalesce(sum(soft_bounced), 0) AS softBounced, coalesce(sum(complained), 0) AS complained
      FROM (
        SELECT s.delivered, s.hard_bounced, s.soft_bounced, s.complained
        FROM summed CROSS JOIN outbox_endpoints e ON e.tenant_id = ?1 AND e.id = summed.endpoint_id AND e.channel = 'email'
          CROSS JOIN json_each(?4) step
          CROSS JOIN outbox_sums s ON s.tenant_id = ?1 AND s.endpoint_id = e.id AND s.step = step.value
            AND s.at >= ?2 - ?2 % step.value AND s.at < ?3
        LIMIT ?5)`)
    .bind(tenantId, since, until, JSON.stringify(SUM_STEPS_MS), most);
}
