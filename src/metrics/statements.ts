import type { Database, Statement } from "../db/database.ts";
import { SERVABLE_AT } from "../db/first-due.ts";
import type { RowOf } from "../db/row.ts";
import type { sums, sweeps } from "../db/schema.ts";
import { SENDING_STATE } from "../db/sending-state.ts";
import { ADD_UP } from "../db/sums.ts";
import { NOT_BUILT_IN } from "../domain/handlers.ts";
import { CHANNELS } from "../domain/states.ts";
import { FAILURE_CLASSES, OUTCOME_FIELDS, SUM_STEPS_MS, type SumField } from "../domain/sums.ts";
import { limits } from "../platform/limits.ts";
import { metricLimits } from "./metric-limits.ts";

/** Sums of all times. */
export type Sums = Pick<RowOf<typeof sums>, SumField>;
export interface DeploymentSums extends Sums, RowOf<typeof sums, "endpoint_id"> {}

/**
 * Sums of the whole deployment and of all times, by channel; without a channel: committed messages. All that was ever
 * counted is in the row of step 0 and the spans of five minutes that are not folded. One statement, because rows move from the
 * latter into the former. It has no limit, as a part of them would be a counter that goes down.
 */
export function selectDeploymentSums(db: Database): Statement {
  return db
    .prepare(`
      SELECT endpoint_id, ${ADD_UP}
      FROM json_each(?1) channel CROSS JOIN (SELECT 0 AS step UNION ALL SELECT ${SUM_STEPS_MS[0]}) spans
        CROSS JOIN outbox_sums s ON s.tenant_id = '' AND s.endpoint_id = channel.value AND s.step = spans.step
      GROUP BY endpoint_id`)
    .bind(JSON.stringify(["", ...CHANNELS]));
}

const RECENT = [...OUTCOME_FIELDS, ...FAILURE_CLASSES] as const;

/** Outcomes of a tenant's attempts in the last hour. */
export type RecentRow = Pick<Sums, (typeof RECENT)[number]>;

/**
 * Outcomes since an instant, by the live endpoints' shortest spans: some rows for each endpoint, whatever is kept. Sums of
 * all times would cost thousands, and fall when old rows go.
 */
export function selectRecent(db: Database, tenantId: string, since: number): Statement {
  const summed = RECENT.map((field) => `coalesce(sum(s.${field}), 0) AS ${field}`).join(", ");
  return db
    .prepare(`
      SELECT ${summed} FROM outbox_endpoints e INDEXED BY outbox_endpoints_live CROSS JOIN outbox_sums s
        ON s.tenant_id = e.tenant_id AND s.endpoint_id = e.id AND s.step = ?2 AND s.at > ?3
      WHERE e.tenant_id = ?1 AND e.state <> 'deleted'`)
    .bind(tenantId, SUM_STEPS_MS[0], since);
}

const FOUND = [
  "swept_at",
  "overdue",
  "oldest_due_at",
  "database_bytes",
  "sound",
  "jobs",
  "summed_at",
] as const;

/** Findings of the cron, and the instant since which the outbox counts: NULL without any tenant. */
export type FoundRow = RowOf<typeof sweeps, (typeof FOUND)[number]> & { counted_from: number | null };

export function selectFound(db: Database): Statement {
  return db.prepare(`
    SELECT ${FOUND.join(", ")}, (SELECT min(created_at) FROM outbox_tenants) AS counted_from
    FROM outbox_sweep WHERE id = 1`);
}

/** `looked`: number of entries read. At the limit there may be more. */
interface Looked {
  looked: number;
}

/** Tenants with too many complaints about their e-mails, as the cron has told within a day, by level. */
export interface ComplaintsRow {
  warning: number;
  grave: number;
}

export function countComplaints(db: Database, now: number): Statement {
  return db
    .prepare(`
      SELECT coalesce(sum(complaints_told = 'warning'), 0) AS warning, coalesce(sum(complaints_told = 'grave'), 0) AS grave
      FROM (
        SELECT complaints_told FROM outbox_tenants INDEXED BY outbox_tenants_complaints
        WHERE complaints_told_at > ?1 AND complaints_told_at IS NOT NULL AND state <> 'deleted' LIMIT ?2)`)
    .bind(now - limits.warnings.complaints.quietMs, metricLimits.counted.endpoints);
}

/** Unsettled deliveries that do not wait behind their key: `due`, of which `held` are held on purpose. */
export interface DueRow extends Looked {
  due: number;
  held: number;
}

/** Of all tenants, in the order of their ids. */
export function countDueOfAll(db: Database, now: number): Statement {
  return db
    .prepare(`
      WITH looked AS MATERIALIZED (
        SELECT tenant_id, endpoint_id, count(*) AS looked, sum(due_at <= ?1) AS due FROM (
          SELECT tenant_id, endpoint_id, due_at FROM outbox_deliveries INDEXED BY outbox_deliveries_due
          WHERE due_at IS NOT NULL AND behind = 0 LIMIT ?2)
        GROUP BY tenant_id, endpoint_id)
      SELECT coalesce(sum(looked), 0) AS looked, coalesce(sum(due), 0) AS due,
        coalesce(sum(iif(e.state <> 'deleted' AND (${SENDING_STATE} <> 'enabled' OR ${SERVABLE_AT} > ?1), due, 0)), 0) AS held
      FROM looked LEFT JOIN outbox_endpoints e ON e.tenant_id = looked.tenant_id AND e.id = looked.endpoint_id
        LEFT JOIN outbox_tenants t ON t.id = looked.tenant_id`)
    .bind(now, metricLimits.counted.due);
}

export interface CountRow extends Looked {
  count: number;
}

/** Unsettled deliveries behind an earlier one of their key, of all tenants. */
export function countBehindOfAll(db: Database): Statement {
  return db
    .prepare(`
      SELECT count(*) AS looked, coalesce(sum(behind = 1 AND due_at IS NOT NULL), 0) AS count FROM (
        SELECT behind, due_at FROM outbox_deliveries INDEXED BY outbox_deliveries_key WHERE blocks = 1 LIMIT ?1)`)
    .bind(metricLimits.counted.keys);
}

export function countDeadOfAll(db: Database): Statement {
  return db
    .prepare(`
      SELECT count(*) AS looked, count(*) AS count FROM (
        SELECT seq FROM outbox_deliveries INDEXED BY outbox_deliveries_dead WHERE state = 'dead' LIMIT ?1)`)
    .bind(metricLimits.counted.dead);
}

/** Several dead deliveries can block one key. */
export function countBlockedKeysOfAll(db: Database): Statement {
  return db
    .prepare(`
      SELECT count(*) AS looked, count(DISTINCT tenant_id || ' ' || endpoint_id || ' ' || ordering_key) AS count FROM (
        SELECT tenant_id, endpoint_id, ordering_key
        FROM outbox_deliveries INDEXED BY outbox_deliveries_endpoint_dead_heads
        WHERE state = 'dead' AND blocks = 1 LIMIT ?1)`)
    .bind(metricLimits.counted.keys);
}

export interface EndpointsRow extends Looked {
  enabled: number;
  paused: number;
  disabled: number;
  failing: number;
  held: number;
}

/** Endpoints of all tenants; those built in count only where they fail or are held. Deleted ones are looked at, too. */
export function countEndpointsOfAll(db: Database): Statement {
  const inState = (state: string) => `coalesce(sum(state = '${state}' AND ${NOT_BUILT_IN}), 0) AS ${state}`;
  const marked = (column: string, name: string) =>
    `coalesce(sum(${column} IS NOT NULL AND state <> 'deleted'), 0) AS ${name}`;
  return db
    .prepare(`
      SELECT count(*) AS looked, ${["enabled", "paused", "disabled"].map(inState).join(", ")},
        ${marked("failing_since", "failing")}, ${marked("held_until", "held")}
      FROM (SELECT id, state, failing_since, held_until FROM outbox_endpoints LIMIT ?1)`)
    .bind(metricLimits.counted.endpoints);
}
