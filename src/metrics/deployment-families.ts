import { JOBS } from "../domain/jobs.ts";
import { CHANNELS } from "../domain/states.ts";
import { VERSION } from "../platform/version.ts";
import type { Family } from "./family.ts";
import { attemptFamilies, byLabel, counter, gauge, one } from "./make-families.ts";
import { metricLimits } from "./metric-limits.ts";
import type { Measured } from "./read-metrics.ts";
import type { DeploymentSums, FoundRow } from "./statements.ts";
import { tenantFamilies } from "./tenant-families.ts";

/** Every metric. `maxBytes`: largest size of the database. */
export function familiesOf(measured: Measured, maxBytes: number): Family[] {
  const { sums, found, at } = measured;
  const sumsOf = (endpointId: string) => sums.find((row) => row.endpoint_id === endpointId);
  const ofChannels = CHANNELS.map((channel) => ({ labels: { channel }, sums: sumsOf(channel) }));
  return [
    counter("messages_committed_total", "Messages committed.", [one(sumsOf("")?.committed ?? 0)]),
    ...attemptFamilies(ofChannels),
    ...countedFamilies(measured),
    ...foundFamilies(found, at),
    ...eventFamilies(measured),
    ...returnedFamilies(measured, sumsOf("email")),
    gauge("database_bytes", "Size of the database, as the cron has found it.", [one(found.database_bytes)]),
    gauge("database_max_bytes", "Largest size of the database: DATABASE_MAX_GB.", [one(maxBytes)]),
    ...tenantFamilies(measured.tenants, at),
    gauge("scrape_rows_read", "Rows of D1 read for these numbers.", [one(measured.rowsRead)]),
    gauge("build_info", "Version of edge-outbox. Always 1.", byLabel("version", { [VERSION]: 1 })),
  ];
}

function countedFamilies({ due, behind, dead, blocked, endpoints, events }: Measured): Family[] {
  const { enabled, paused, disabled, failing, held } = endpoints;
  const most = metricLimits.counted;
  return [
    gauge(
      "unsettled",
      "Unsettled deliveries by reason: due; held on purpose; behind an earlier one of its key; due later, or being attempted.",
      byLabel("reason", {
        due: due.due - due.held,
        held: due.held,
        key: behind.count,
        later: due.looked - due.due,
      }),
    ),
    gauge("dead_letters", "Deliveries that ended dead, and are neither replayed nor dismissed.", [
      one(dead.count),
    ]),
    gauge("blocked_keys", "Ordering keys that a dead delivery blocks.", [one(blocked.count)]),
    gauge(
      "endpoints",
      "Endpoints by state, without built-in ones.",
      byLabel("state", { enabled, paused, disabled }),
    ),
    gauge("endpoints_failing", "Endpoints whose latest attempt failed.", [one(failing)]),
    gauge("endpoints_held", "Endpoints that their breaker holds back.", [one(held)]),
    gauge(
      "capped",
      "1: counting stopped at its limit, and the gauge named in count says at least so many.",
      byLabel("count", {
        unsettled: Number(due.looked >= most.due || behind.looked >= most.keys),
        dead_letters: Number(dead.looked >= most.dead),
        blocked_keys: Number(blocked.looked >= most.keys),
        endpoints: Number(endpoints.looked >= most.endpoints),
        email_events: Number(events.looked >= most.events),
      }),
    ),
  ];
}

function eventFamilies({ events: { waiting, aside, oldest }, at }: Measured): Family[] {
  return [
    gauge(
      "email_events_kept",
      "Events of e-mails that are not on record: waiting for their e-mail, or set aside, because they cannot be recorded.",
      byLabel("state", { waiting, aside }),
    ),
    gauge(
      "email_events_oldest_seconds",
      "Time for which the first of the waiting ones has waited. 0: none waits.",
      [one(secondsSince(oldest, at))],
    ),
  ];
}

function returnedFamilies({ complaints }: Measured, sums: DeploymentSums | undefined): Family[] {
  const { hard_bounced: hard = 0, soft_bounced: soft = 0, complained = 0 } = sums ?? {};
  return [
    counter("email_bounces_total", "E-mails of which a recipient bounced.", byLabel("type", { hard, soft })),
    counter("email_complaints_total", "E-mails of which a recipient complained.", [one(complained)]),
    gauge(
      "complaint_tenants",
      "Tenants with too many complaints about their e-mails, as the cron has told within 24 hours.",
      byLabel("level", { warning: complaints.warning, grave: complaints.grave }),
    ),
  ];
}

/** Findings of the cron, at most a minute old. */
function foundFamilies(found: FoundRow, now: number): Family[] {
  const endedAt: Partial<Record<string, number>> = found.jobs === null ? {} : JSON.parse(found.jobs);
  const instants = Object.fromEntries(JOBS.map((job) => [job, (endedAt[job] ?? 0) / 1000]));
  const summedFrom = found.summed_at;
  return [
    gauge("late_tenants", "Tenants with deliveries more than 10 seconds late, counted up to 1000.", [
      one(found.overdue),
    ]),
    gauge("oldest_late_seconds", "Lateness of the delivery that is latest. 0: none is late.", [
      one(secondsSince(found.oldest_due_at, now)),
    ]),
    gauge("sound", "0: the database has lost the trigger that frees the next delivery of an ordering key.", [
      one(found.sound),
    ]),
    gauge(
      "cron_last_run_timestamp_seconds",
      "Instant at which each job of the cron last ended well. 0: it never has.",
      byLabel("cron_job", instants),
    ),
    gauge(
      "summed_lag_seconds",
      "Time since the latest round of summing up began: first attempts that delivered later are not in the counters yet. Without a value before the first round.",
      summedFrom > 0 ? [one(secondsSince(summedFrom, now))] : [],
    ),
  ];
}

function secondsSince(instant: number | null, now: number): number {
  return instant === null ? 0 : Math.max(now - instant, 0) / 1000;
}
