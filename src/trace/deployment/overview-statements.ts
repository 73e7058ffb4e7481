import type { Database, Statement } from "../../db/database.ts";
import { DEAD, DEAD_HEADS, failingIn, hoppingTenants } from "../../db/hopping.ts";
import type { LateTenant } from "../../db/schema.ts";
import { deploymentLimits } from "../../platform/deployment-limits.ts";
import { RANK_OF_ENDPOINT, rankOf, TROUBLE } from "./trouble-statements.ts";

/** Numbers of tenants with any trouble, and with each. `ends`: number of the four searches that came to an end. */
export interface TroubledRow {
  ends: number;
  troubled: number;
  blocked: number;
  complained: number;
  disabled: number;
  failing: number;
  dead: number;
}

export function countTroubled(db: Database, late: readonly LateTenant[]): Statement {
  const having = (rank: number) => `sum(rank = ${rank} AND tenant_id IS NOT NULL)`;
  return db
    .prepare(`
      WITH RECURSIVE ${TROUBLE}
      SELECT sum(tenant_id IS NULL) AS ends, count(DISTINCT tenant_id) AS troubled,
        ${having(rankOf("blockedKeys"))} AS blocked, ${having(rankOf("complaints"))} AS complained,
        ${having(rankOf("disabledEndpoints"))} AS disabled,
        ${having(rankOf("failingEndpoints"))} AS failing, ${having(rankOf("deadLetters"))} AS dead
      FROM trouble`)
    .bind(
      JSON.stringify(late),
      deploymentLimits.overviewCounted.tenants + 1,
      deploymentLimits.overviewCounted.tenants + 1,
    );
}

/** Dead letters and blocked keys of tenants that are not deleted. `heads`: number of entries of blocked keys that were read. */
export interface DeadRow {
  dead_letters: number;
  heads: number;
  blocked_keys: number;
}

export function countDead(db: Database): Statement {
  const live = (
    hop: string,
  ) => `${hop} CROSS JOIN outbox_tenants t ON t.id = ${hop}.tenant_id AND t.state <> 'deleted'
    CROSS JOIN outbox_deliveries d`;
  return db
    .prepare(`
      WITH RECURSIVE ${hoppingTenants("dead", DEAD, "?1")}, ${hoppingTenants("blocked", DEAD_HEADS, "?1")}
      SELECT (
        SELECT count(*) FROM (
          SELECT 1 FROM ${live("dead")} INDEXED BY ${DEAD.index}
          ON d.tenant_id = dead.tenant_id AND d.state = 'dead' LIMIT ?2)) AS dead_letters,
        heads, blocked_keys
      FROM (
        SELECT count(*) AS heads, count(DISTINCT tenant_id || ' ' || endpoint_id || ' ' || ordering_key) AS blocked_keys
        FROM (
          SELECT d.tenant_id, d.endpoint_id, d.ordering_key FROM ${live("blocked")} INDEXED BY ${DEAD_HEADS.index}
          ON d.tenant_id = blocked.tenant_id AND d.state = 'dead' AND d.blocks = 1 LIMIT ?3))`)
    .bind(
      deploymentLimits.overviewCounted.tenants + 1,
      deploymentLimits.overviewCounted.deadLetters,
      deploymentLimits.overviewCounted.heads,
    );
}

/** Numbers of failing endpoints. `looked`: number of entries read in each state. */
export interface FailingRow {
  disabled: number;
  looked: number;
  failing: number;
  held: number;
}

export function countFailing(db: Database): Statement {
  const found = (columns: string, state: "enabled" | "disabled") => `
    SELECT ${columns} FROM outbox_endpoints e INDEXED BY outbox_endpoints_failing WHERE ${failingIn(state).entry} LIMIT ?1`;
  return db
    .prepare(`
      SELECT (SELECT count(*) FROM (${found("1", "disabled")})) AS disabled, count(*) AS looked,
        coalesce(sum(rank = ${rankOf("failingEndpoints")}), 0) AS failing,
        coalesce(sum(rank = ${rankOf("heldEndpoints")}), 0) AS held
      FROM (${found(`${RANK_OF_ENDPOINT} AS rank`, "enabled")})`)
    .bind(deploymentLimits.overviewCounted.endpoints);
}

/** Numbers of tenants in all, and of paused and deleted ones. */
export interface TenantsRow {
  total: number;
  paused: number;
  deleted: number;
}

/** Their numbers have no gaps, because no tenant is ever removed. */
export function countTenants(db: Database): Statement {
  const countOf = (state: string) => `(
    SELECT count(*) FROM (
      SELECT 1 FROM outbox_tenants INDEXED BY outbox_tenants_inactive
      WHERE state <> 'active' AND state = '${state}' LIMIT ?1))`;
  return db
    .prepare(`
      SELECT coalesce((SELECT max(number) FROM outbox_tenants), 0) AS total, ${countOf("paused")} AS paused,
        ${countOf("deleted")} AS deleted`)
    .bind(deploymentLimits.overviewCounted.inactive);
}
