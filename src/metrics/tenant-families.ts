import { limits } from "../platform/limits.ts";
import type { Family, Sample } from "./family.ts";
import { byFailureClass, byLabel, byOutcome, counter, gauge } from "./make-families.ts";
import type { MeasuredTenant } from "./read-metrics.ts";

/**
 * Metrics of the tenants asked for. They have names of their own, because one name for a whole and its parts would be
 * added up twice.
 */
export function tenantFamilies(tenants: readonly MeasuredTenant[], now: number): Family[] {
  if (tenants.length === 0) return [];
  const labelsOf = ({ id }: MeasuredTenant) => ({ tenant: id });
  const each = (value: (tenant: MeasuredTenant) => number): Sample[] =>
    tenants.map((tenant) => ({ labels: labelsOf(tenant), value: value(tenant) }));
  const by = (label: string, values: (tenant: MeasuredTenant) => Record<string, number>): Sample[] =>
    tenants.flatMap((tenant) => byLabel(label, values(tenant), labelsOf(tenant)));
  return [
    counter(
      "tenant_messages_committed_total",
      "Messages committed by the tenant.",
      each(({ committed }) => committed),
    ),
    gauge(
      "tenant_attempts_in_hour",
      "Outcomes of the tenant's attempts in the last hour, by its present endpoints.",
      by("outcome", ({ recent }) => byOutcome(recent)),
    ),
    gauge(
      "tenant_attempt_failures_in_hour",
      "The tenant's attempts that failed in the last hour, by class.",
      by("class", ({ recent }) => byFailureClass(recent)),
    ),
    gauge(
      "tenant_unsettled",
      "Unsettled deliveries of the tenant, by reason as edge_outbox_unsettled.",
      by("reason", unsettled),
    ),
    gauge(
      "tenant_dead_letters",
      "Dead letters of the tenant.",
      each(({ dead }) => dead.count),
    ),
    gauge(
      "tenant_blocked_keys",
      "Blocked ordering keys of the tenant.",
      each(({ blocked }) => blocked.count),
    ),
    gauge(
      "tenant_endpoints",
      "Endpoints of the tenant by state, without built-in ones.",
      by("state", ({ endpoints: { enabled, paused, disabled } }) => ({ enabled, paused, disabled })),
    ),
    gauge(
      "tenant_endpoints_failing",
      "Endpoints of the tenant whose latest attempt failed.",
      each(({ endpoints }) => endpoints.failing),
    ),
    gauge(
      "tenant_endpoints_held",
      "Endpoints of the tenant that their breaker holds back.",
      each(({ endpoints }) => endpoints.held),
    ),
    gauge(
      "tenant_oldest_late_seconds",
      "Lateness of the tenant's delivery that is latest, at this moment. 0: none is late.",
      each(({ endpoints: { oldestLateAt } }) => (oldestLateAt === null ? 0 : (now - oldestLateAt) / 1000)),
    ),
    gauge(
      "tenant_capped",
      "1: counting stopped at its limit, and the gauge named in count says at least so many.",
      by("count", capped),
    ),
  ];
}

function unsettled({ due, behind }: MeasuredTenant) {
  return { due: due.count - due.held, held: due.held, key: behind.count, later: due.looked - due.count };
}

function capped({ due, behind, dead, blocked }: MeasuredTenant) {
  const isCapped = (...rows: { looked: number }[]) =>
    Number(rows.some(({ looked }) => looked >= limits.nowCounted));
  return { unsettled: isCapped(due, behind), dead_letters: isCapped(dead), blocked_keys: isCapped(blocked) };
}
