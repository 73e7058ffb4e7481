import * as z from "zod";
import { type Database, readRows } from "../db/database.ts";
import { LIVE_TENANT, requireTenant } from "../db/live-tenant.ts";
import { instantInput } from "../domain/instant.ts";
import { percentile } from "../domain/percentile.ts";
import {
  DURATION_BOUNDS_MS,
  DURATION_FIELDS,
  FAILURE_CLASSES,
  LATENCY_BOUNDS_MS,
  LATENCY_FIELDS,
  SUM_FIELDS,
  SUM_STEPS_MS,
  type SumField,
} from "../domain/sums.ts";
import { invalid } from "../platform/errors.ts";
import { wellFormed } from "../platform/fields.ts";
import { limits } from "../platform/limits.ts";
import {
  countSummed,
  type SumRow,
  type SumsWanted,
  selectMoreUnsummed,
  selectSummedAt,
  selectSums,
  selectUnsummed,
} from "./series-statements.ts";

/** Lengths of the spans of a series. */
export const SERIES_STEPS = ["5m", "1h", "1d"] as const;
type SeriesStep = (typeof SERIES_STEPS)[number];

const HOUR_MS = SUM_STEPS_MS[1];
const STEP_MS = Object.fromEntries(SERIES_STEPS.map((step, n) => [step, SUM_STEPS_MS[n]])) as Record<
  SeriesStep,
  number
>;

const span = {
  since: instantInput.optional(),
  until: instantInput.optional(),
  step: z.enum(SERIES_STEPS).optional(),
};

export const deploymentSeriesFilter = z.strictObject(span);

export const seriesFilter = deploymentSeriesFilter.extend({
  endpointId: wellFormed(z.string()).optional(),
});
export type SeriesFilter = z.output<typeof seriesFilter>;

/** Outcomes within a span of time. */
export type Outcomes = {
  /** Messages. */
  committed: number;
  delivered: number;
  retried: number;
  dead: number;
  /** Failed attempts by class; they add up to `retried` and `dead`. */
  failures: Record<(typeof FAILURE_NAMES)[keyof typeof FAILURE_NAMES], number>;
  /** Percentiles of the time from the commit, or from `deliverAt`, to delivery; null where nothing was counted. */
  latencyMs: Record<"p50" | "p95" | "p99", number | null>;
  /** Percentiles of the duration of attempts. */
  durationMs: Record<"p50" | "p95" | "p99", number | null>;
};

/** Names of the classes in answers. */
export const FAILURE_NAMES = {
  redirected: "redirected",
  refused: "refused",
  throttled: "throttled",
  failed: "failed",
  timed_out: "timedOut",
  unreached: "unreached",
  other: "other",
} as const;

export interface Series {
  at: number;
  span: { since: number; until: number };
  step: SeriesStep;
  points: (Outcomes & { at: number })[];
  /** False: so much was committed since the latest summing up that some of it is not counted yet. */
  complete: boolean;
}

/**
 * Outcomes of a tenant, or of one of its endpoints, by spans of time: from the sums, and from the rows that are not in them yet.
 * Spans without any are left out.
 * @throws {OutboxError} `tenant_not_found`; `invalid_input` for a span or a step that reads too much
 */
export async function readSeries(
  db: Database,
  tenantId: string,
  filter: SeriesFilter,
  now: number,
): Promise<Series> {
  const counted = await db.batch<{ endpoints: number }>([
    db.prepare(`SELECT 1 FROM ${LIVE_TENANT} ?1`).bind(tenantId),
    countSummed(db, tenantId, (filter.since ?? now - limits.statsWindowMs) - SUM_STEPS_MS[2]),
  ]);
  requireTenant(counted[0]?.results, tenantId);
  const endpoints = filter.endpointId === undefined ? (counted[1]?.results[0]?.endpoints ?? 0) : 0;
  const { wanted, step } = choose(tenantId, filter, 1 + endpoints, now);
  const [sums, unsummed, [edge]] = await readRows<[SumRow, SumRow, { more: 0 | 1 }]>(db, [
    selectSums(db, wanted),
    selectUnsummed(db, wanted),
    selectMoreUnsummed(db, tenantId),
  ]);
  return { ...seriesOf(wanted, step, [...sums, ...unsummed], now), complete: edge?.more !== 1 };
}

/**
 * Outcomes of the whole deployment, up to the span of five minutes in which the latest round of summing up began: later ones are
 * partly in the sums, failures first.
 */
export async function readDeploymentSeries(
  db: Database,
  filter: z.output<typeof deploymentSeriesFilter>,
  now: number,
): Promise<Omit<Series, "complete">> {
  const end = filter.until ?? now;
  const since = filter.since ?? end - limits.statsWindowMs;
  const until = Math.min(end, Math.max(since, await summedUntil(db)));
  const { wanted, step } = choose("", { ...filter, since, until }, 4, now);
  const { results } = await selectSums(db, wanted).all<SumRow>();
  return seriesOf(wanted, step, results, now);
}

/** Instant up to which the outcomes of all tenants are summed up; 0: nothing is yet. */
export async function summedUntil(db: Database): Promise<number> {
  const row = await selectSummedAt(db).first<{ summed_at: number }>();
  const summedAt = row?.summed_at ?? 0;
  return summedAt - (summedAt % SUM_STEPS_MS[0]);
}

/** Outcomes of an hour and of a day. */
export interface RecentOutcomes {
  lastHour: Outcomes;
  lastDay: Outcomes;
}

/** Outcomes of all tenants in the hour and the day before an instant, up to which they are summed up. */
export async function readDeploymentOutcomes(
  db: Database,
): Promise<RecentOutcomes & { outcomesUntil: number }> {
  const until = await summedUntil(db);
  const wanted = { tenantId: "", endpointId: undefined, since: until - limits.statsWindowMs, until };
  const { results } = await selectSums(db, { ...wanted, step: SUM_STEPS_MS[0] }).all<SumRow>();
  return { outcomesUntil: until, ...recentOf(results, until) };
}

/** Adds up sums of the last 24 hours. */
export function recentOf(sums: readonly SumRow[], now: number): RecentOutcomes {
  const lastHour = sums.filter(({ at }) => at >= now - HOUR_MS);
  return { lastHour: outcomesOf(lastHour), lastDay: outcomesOf(sums) };
}

/** Sums of spans of five minutes, and of what is not in the sums yet, in a range. */
export async function readSums(db: Database, range: Omit<SumsWanted, "step">): Promise<SumRow[]> {
  const wanted = { ...range, step: SUM_STEPS_MS[0] };
  const [sums, unsummed] = await readRows<[SumRow, SumRow]>(db, [
    selectSums(db, wanted),
    selectUnsummed(db, wanted),
  ]);
  return [...sums, ...unsummed];
}

function seriesOf({ since, until }: SumsWanted, step: SeriesStep, rows: readonly SumRow[], now: number) {
  const points = [...Map.groupBy(rows, ({ at }) => at)].map(([at, some]) => ({
    at,
    ...outcomesOf(some),
  }));
  return {
    at: now,
    span: { since, until },
    step,
    points: points.toSorted((one, other) => one.at - other.at),
  };
}

/** Chooses the step, and rounds the range to whole spans, as many as may be read. */
function choose(tenantId: string, filter: SeriesFilter, series: number, now: number) {
  const until = filter.until ?? now;
  const since = filter.since ?? until - limits.statsWindowMs;
  if (since > until) throw invalid("since", "must not be later than until");
  const fits = (step: SeriesStep, most: number) => {
    const points = Math.ceil((until - since) / STEP_MS[step]);
    return points <= most && points * series <= limits.seriesSums && since >= now - keptMs(step);
  };
  const step = filter.step ?? SERIES_STEPS.find((one) => fits(one, limits.seriesPointsByDefault)) ?? "1d";
  if (!fits(step, limits.seriesPoints)) {
    const longer = SERIES_STEPS.find((one) => fits(one, limits.seriesPoints));
    throw filter.step === undefined || longer === undefined
      ? invalid("since", "reaches too far back; ask for a shorter span")
      : invalid(
          "step",
          `is too short for this span; ask for "${longer}", for a later since, or for one endpointId`,
        );
  }
  const stepMs = STEP_MS[step];
  const wanted = {
    tenantId,
    endpointId: filter.endpointId,
    since: since - (since % stepMs),
    until,
    step: stepMs,
  };
  return { wanted, step };
}

/** Sums are folded by whole hours and days, so each length reaches back at least this far. */
function keptMs(step: SeriesStep): number {
  const { shortestMs, hoursMs, daysMs } = limits.sumsKept;
  return { "5m": shortestMs, "1h": hoursMs, "1d": daysMs }[step];
}

/** Adds up sums. */
export function outcomesOf(rows: readonly Record<SumField, number>[]): Outcomes {
  const total = (field: SumField) => rows.reduce((sum, row) => sum + row[field], 0);
  const sum = Object.fromEntries(SUM_FIELDS.map((field) => [field, total(field)])) as Record<
    SumField,
    number
  >;
  const { committed, delivered, retried, dead } = sum;
  const failures = FAILURE_CLASSES.map((name) => [FAILURE_NAMES[name], sum[name]]);
  return {
    committed,
    delivered,
    retried,
    dead,
    failures: Object.fromEntries(failures) as Outcomes["failures"],
    latencyMs: percentiles(
      LATENCY_FIELDS.map((field) => sum[field]),
      LATENCY_BOUNDS_MS,
    ),
    durationMs: percentiles(
      DURATION_FIELDS.map((field) => sum[field]),
      DURATION_BOUNDS_MS,
    ),
  };
}

function percentiles(counts: readonly number[], bounds: readonly number[]) {
  const at = (share: number) => percentile(counts, bounds, share);
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
