import type { Database, Statement } from "../../db/database.ts";
import { DEAD, DEAD_HEADS, failingIn, hoppingTenants } from "../../db/hopping.ts";
import { columnsOf, type RowOf } from "../../db/row.ts";
import type { LateTenant, tenants } from "../../db/schema.ts";
import { TROUBLES, type Trouble } from "../../domain/troubles.ts";
import { deploymentLimits } from "../../platform/deployment-limits.ts";
import { limits } from "../../platform/limits.ts";

export const rankOf = (trouble: Trouble) => TROUBLES.indexOf(trouble);

/** SQL: the rank of the trouble that a failing endpoint `e` is. */
export const RANK_OF_ENDPOINT = `CASE WHEN e.state = 'disabled' THEN ${rankOf("disabledEndpoints")}
  WHEN e.held_until IS NOT NULL THEN ${rankOf("heldEndpoints")} ELSE ${rankOf("failingEndpoints")} END`;

/** SQL: tenants of a hop. Dead letters of a deleted tenant stay until they are purged. NULL is the end of the hop. */
const liveOf = (hop: string) => `
  SELECT ${hop}.tenant_id FROM ${hop} LEFT JOIN outbox_tenants t ON t.id = ${hop}.tenant_id
  WHERE ${hop}.tenant_id IS NULL OR t.state <> 'deleted'`;

/** SQL: complaints about the tenant `t` were told of within a day before the cron's latest run. */
const COMPLAINED = `
  t.state <> 'deleted'
  AND t.complaints_told_at > (SELECT swept_at FROM outbox_sweep WHERE id = 1) - ${limits.warnings.complaints.quietMs}`;

/**
 * SQL: CTEs, the last of which is `trouble`: tenants and the ranks of their troubles. ?1: late tenants, as JSON; ?2: tenants
 * of each rank, or ?3 of those with dead letters, some of which may be deleted. Each of the four searches that came to its end
 * has a row with NULL. Endpoints that are held count as failing.
 */
export const TROUBLE = `
  ${hoppingTenants("dead", DEAD, "?3")},
  ${hoppingTenants("blocked", DEAD_HEADS, "?2")},
  ${hoppingTenants("disabled", failingIn("disabled"), "?2")},
  ${hoppingTenants("failing", failingIn("enabled"), "?2")},
  told(tenant_id, rank) AS (
    SELECT late.value ->> 'tenantId', ${rankOf("late")} FROM json_each(?1) late
      CROSS JOIN outbox_tenants t ON t.id = late.value ->> 'tenantId' WHERE t.state <> 'deleted'
    UNION ALL SELECT id, ${rankOf("complaints")} FROM (
      SELECT id FROM outbox_tenants t INDEXED BY outbox_tenants_complaints
      WHERE complaints_told_at IS NOT NULL AND ${COMPLAINED} LIMIT ?2)),
  trouble(tenant_id, rank) AS (
    SELECT tenant_id, rank FROM told
    UNION ALL SELECT tenant_id, ${rankOf("blockedKeys")} FROM (${liveOf("blocked")})
    UNION ALL SELECT tenant_id, ${rankOf("disabledEndpoints")} FROM disabled
    UNION ALL SELECT tenant_id, ${rankOf("failingEndpoints")} FROM failing
    UNION ALL SELECT tenant_id, ${rankOf("deadLetters")} FROM (${liveOf("dead")}))`;

const OF_TENANT = ["id", "name", "state"] as const;

/** Number of searches of `TROUBLE`. */
export const SEARCHES = 4;

/** A tenant with its troubles, each as JSON: `[looked, count, since]`; of endpoints `[rank, count, since]` for each rank. */
export interface TroubledRow extends RowOf<typeof tenants, (typeof OF_TENANT)[number]> {
  endpoints: string;
  blocked: string;
  dead: string;
  /** Instant at which they were told of. Null: there are none to tell of. */
  complained_at: number | null;
}

/** Row that counts the searches that came to their end. */
export interface EndsRow {
  id: null;
  searches: number;
}

/**
 * Tenants with trouble, and what is wrong with each: one more than is shown. Each rank has that many of its own, in order of
 * the tenants' ids, so that the worst are among them.
 */
export function selectTroubles(db: Database, late: readonly LateTenant[]): Statement {
  const ofEndpoints = (state: "enabled" | "disabled", since: string) => `
    SELECT * FROM (
      SELECT ${RANK_OF_ENDPOINT} AS rank, e.${since} AS since FROM outbox_endpoints e INDEXED BY outbox_endpoints_failing
      WHERE e.tenant_id = t.id AND ${failingIn(state).entry} LIMIT ?4)`;
  return db
    .prepare(`
      WITH RECURSIVE ${TROUBLE},
      worst AS MATERIALIZED (
        SELECT tenant_id, count(*) AS searches FROM trouble
        GROUP BY tenant_id ORDER BY tenant_id IS NOT NULL, min(rank), tenant_id LIMIT ?2 + 1)
      SELECT worst.searches, iif(${COMPLAINED}, t.complaints_told_at, NULL) AS complained_at,
        ${columnsOf<typeof tenants>("t", OF_TENANT)}, (
        SELECT json_group_array(json_array(rank, count, since)) FROM (
          SELECT rank, count(*) AS count, min(since) AS since
          FROM (${ofEndpoints("disabled", "updated_at")} UNION ALL ${ofEndpoints("enabled", "failing_since")}) GROUP BY rank)) AS endpoints, (
        SELECT json_array(count(*), count(DISTINCT endpoint_id || ' ' || ordering_key), min(settled_at)) FROM (
          SELECT endpoint_id, ordering_key, settled_at FROM outbox_deliveries INDEXED BY ${DEAD_HEADS.index}
          WHERE tenant_id = t.id AND ${DEAD_HEADS.entry} ORDER BY seq LIMIT ?5)) AS blocked, (
        SELECT json_array(count(*), count(*), (
          SELECT settled_at FROM outbox_deliveries INDEXED BY ${DEAD.index}
          WHERE tenant_id = t.id AND ${DEAD.entry} ORDER BY seq LIMIT 1))
        FROM (
          SELECT 1 FROM outbox_deliveries INDEXED BY ${DEAD.index}
          WHERE tenant_id = t.id AND ${DEAD.entry} LIMIT ?6)) AS dead
      FROM worst LEFT JOIN outbox_tenants t ON t.id = worst.tenant_id`)
    .bind(
      JSON.stringify(late),
      deploymentLimits.troubledShown + 1,
      deploymentLimits.deadHopped,
      deploymentLimits.troubleCounted.endpoints,
      deploymentLimits.troubleCounted.heads,
      deploymentLimits.troubleCounted.deadLetters,
    );
}
