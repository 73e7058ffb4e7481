import type { Database, Statement } from "../../db/database.ts";
import { isFailing } from "../../db/failing-endpoint.ts";
import { columnsOf, type RowOf } from "../../db/row.ts";
import type { endpoints } from "../../db/schema.ts";
import { failureBudget, isDisabledByFailures } from "../../domain/failure-budget.ts";
import { type Page, type PageRequest, pageOfFirst } from "../../domain/page.ts";
import type { ChannelName } from "../../domain/states.ts";

/** A cursor in the list of failing endpoints. */
export interface FailingCursor {
  state: string;
  tenantId: string;
  id: string;
}

const SHOWN = [
  "tenant_id",
  "id",
  "channel",
  "target",
  "state",
  "state_reason",
  "description",
  "failing_since",
  "failed_at",
  "held_until",
  "updated_at",
] as const;

interface Row extends RowOf<typeof endpoints, (typeof SHOWN)[number]> {
  tenant_name: string | null;
}

/** An endpoint that fails, or was disabled for it. Instants in milliseconds. */
export interface FailingEndpoint {
  tenantId: string;
  tenantName: string | null;
  endpointId: string;
  channel: ChannelName;
  /** Null: the built-in endpoint for direct e-mails. */
  target: string | null;
  description: string | null;
  state: "enabled" | "disabled";
  stateReason: string | null;
  failingSince: number | null;
  failedAt: number | null;
  heldUntil: number | null;
  updatedAt: number;
  /** Share of the time of failures after which it is disabled, in percent, and that instant. Null: it is not failing, or disabled. */
  budget: { usedPercent: number; endsAt: number } | null;
}

/** Settings and the time by which a failure budget is computed. */
export interface Budgeting {
  disableAfterMs: number;
  now: number;
}

export function selectFailing(db: Database, { limit, after }: PageRequest<FailingCursor>): Statement {
  return db
    .prepare(`
      SELECT ${columnsOf<typeof endpoints>("e", SHOWN)}, t.name AS tenant_name
      FROM outbox_endpoints e INDEXED BY outbox_endpoints_failing CROSS JOIN outbox_tenants t ON t.id = e.tenant_id
      WHERE (${isFailing("e")}) AND (e.state, e.tenant_id, e.id) > (?1, ?2, ?3)
      ORDER BY e.state, e.tenant_id, e.id LIMIT ?4`)
    .bind(after?.state ?? "", after?.tenantId ?? "", after?.id ?? "", limit + 1);
}

/** A page of the failing endpoints of all tenants: those that are disabled for it first, each by tenant and id. */
export async function listFailingEndpoints(
  db: Database,
  page: PageRequest<FailingCursor>,
  budgeting: Budgeting,
): Promise<Page<FailingEndpoint, FailingCursor>> {
  const { results } = await selectFailing(db, page).all<Row>();
  const { entries, next } = pageOfFirst(results, page.limit, ({ state, tenant_id: tenantId, id }) => ({
    state,
    tenantId,
    id,
  }));
  return { entries: entries.map((row) => describe(row, budgeting)), next };
}

function describe(row: Row, budgeting: Budgeting): FailingEndpoint {
  return {
    tenantId: row.tenant_id,
    tenantName: row.tenant_name,
    endpointId: row.id,
    channel: row.channel,
    target: row.target || null,
    description: row.description,
    state: row.state as FailingEndpoint["state"],
    stateReason: row.state_reason,
    failingSince: row.failing_since,
    failedAt: row.failed_at,
    heldUntil: row.held_until,
    updatedAt: row.updated_at,
    budget:
      row.state === "enabled" && isDisabledByFailures(row.channel)
        ? budgetOf(row.failing_since, budgeting)
        : null,
  };
}

function budgetOf(failingSince: number | null, { disableAfterMs, now }: Budgeting) {
  return failingSince === null ? null : failureBudget(failingSince, disableAfterMs, now);
}
