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
  RETURNED_FIELDS,
  SUM_FIELDS,
  SUM_STEPS_MS,
  type SumField,
} from "../domain/sums.ts";
import { invalid } from "../platform/errors.ts";
import { wellFormed } from "../platform/fields.ts";
import { limits } from "../platform/limits.ts";
import {
  partsOf,
  type ReadSumRow,
  type SummedAtRow,
  type SumRow,
  type SumsWanted,
  selectMoreUnsummed,
  selectSummedAt,
  selectSums,
  selectUnsummed,
} from "./series-statements.ts";

/** Lengths of the spans of a series. */
export const SERIES_STEPS = ["5m", "1h", "1d"] as const;
export type SeriesStep = (typeof SERIES_STEPS)[number];

const HOUR_MS = SUM_STEPS_MS[1];
/** Length of a series up to which many outcomes that are not summed up yet are counted: a day by a clock that is slow. */
const BRIEF_MS = limits.statsWindowMs + HOUR_MS;
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
  /**
   * False: so much was committed since the latest summing up that some of it is not counted yet; or there are so many sums that
   * only the newest were read, from `span.since` on.
   */
  complete: boolean;
}

/**
 * Outcomes of a tenant, or of one of its endpoints, by spans of time: from the sums, and from the rows that are not in them yet.
 * Where these are many, a series of more than 25 hours ends with the sums. Spans without any are left out.
 * @throws {OutboxError} `tenant_not_found`; `invalid_input` for a span or a step that reads too much
 */
export async function readSeries(
  db: Database,
  tenantId: string,
  filter: SeriesFilter,
  now: number,
): Promise<Series> {
  const range = rangeOf(filter, now);
  const isLong = range.until - range.since > BRIEF_MS;
  const most = isLong ? limits.unsummedCounted.long : limits.unsummedCounted.brief;
  const [tenants, [edge], [newest]] = await readRows<[unknown, SummedAtRow, { more: 0 | 1 }]>(db, [
    db.prepare(`SELECT 1 FROM ${LIVE_TENANT} ?1`).bind(tenantId),
    selectSummedAt(db),
    selectMoreUnsummed(db, tenantId, most),
  ]);
  requireTenant(tenants, tenantId);
  const isMore = newest?.more === 1;
  if (isLong && isMore) {
    return readSummed(db, choose(tenantId, { ...filter, ...summedOf(range, edge) }, now), now);
  }
  const { wanted, step } = choose(tenantId, { ...filter, ...range }, now);
  const [sums, unsummed] = await readRows<[ReadSumRow, SumRow]>(db, [
    selectSums(db, wanted),
    selectUnsummed(db, wanted, most),
  ]);
  const read = reachOf(wanted, sums);
  const series = seriesOf(read.range, step, [...sums, ...unsummed], now);
  return { ...series, complete: read.isAll && !isMore };
}

async function readSummed(db: Database, { wanted, step }: Chosen, now: number): Promise<Series> {
  const { results } = await selectSums(db, wanted).all<ReadSumRow>();
  const { range, isAll } = reachOf(wanted, results);
  return { ...seriesOf(range, step, results, now), complete: isAll };
}

/** The part of a range of which the sums were read: where there are too many, its newest parts. */
function reachOf(wanted: SumsWanted, sums: readonly ReadSumRow[]): { range: SumsWanted; isAll: boolean } {
  if (sums.reduce((count, { read }) => count + read, 0) < limits.seriesSums)
    return { range: wanted, isAll: true };
  const oldest = Math.min(...sums.map(({ at }) => at));
  const { from, length } = partsOf(wanted);
  // The part that was read last may be there in part.
  const since = (from.find((start) => start <= oldest) ?? wanted.since) + length;
  if (since >= wanted.until)
    throw invalid("since", "reads too much; ask for a shorter span, or for one endpointId");
  return { range: { ...wanted, since }, isAll: false };
}

/** Instant up to which the outcomes of all tenants are summed up; 0: nothing is yet. */
export function summedUntil(row: SummedAtRow | null | undefined): number {
  const summedAt = row?.summed_at ?? 0;
  return summedAt - (summedAt % SUM_STEPS_MS[0]);
}

/** Outcomes of an hour and of a day. */
export interface RecentOutcomes {
  lastHour: Outcomes;
  lastDay: Outcomes;
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
    selectUnsummed(db, wanted, limits.unsummedCounted.brief),
  ]);
  return [...sums, ...unsummed];
}

/** False where nothing but bounces and complaints came, which a series does not show. */
function hasOutcome(row: SumRow): boolean {
  return SUM_FIELDS.some((field) => row[field] > 0 && !RETURNED_FIELDS.some((one) => one === field));
}

/** Puts sums together to the points of a series. */
export function seriesOf(
  { since, until }: SumsWanted,
  step: SeriesStep,
  rows: readonly SumRow[],
  now: number,
) {
  const shown = rows.filter((row) => row.at >= since && hasOutcome(row));
  const points = [...Map.groupBy(shown, ({ at }) => at)].map(([at, some]) => ({ at, ...outcomesOf(some) }));
  return {
    at: now,
    span: { since, until },
    step,
    points: points.toSorted((one, other) => one.at - other.at),
  };
}

type Range = { since: number; until: number };

/** The range that a filter asks for: the last 24 hours, unless it says otherwise. */
export function rangeOf(filter: Pick<SeriesFilter, keyof Range>, now: number): Range {
  const until = filter.until ?? now;
  return { since: filter.since ?? until - limits.statsWindowMs, until };
}

/** The part of a range that is summed up. */
export function summedOf({ since, until }: Range, edge: SummedAtRow | null | undefined): Range {
  return { since, until: since > until ? until : Math.min(until, Math.max(since, summedUntil(edge))) };
}

type Chosen = { wanted: SumsWanted; step: SeriesStep };

/** Chooses the step, and rounds the range to whole spans. */
export function choose(tenantId: string, filter: SeriesFilter & Range, now: number): Chosen {
  const { since, until } = filter;
  if (since > until) throw invalid("since", "must not be later than until");
  const fits = (step: SeriesStep, most: number) =>
    Math.ceil((until - since) / STEP_MS[step]) <= most && since >= now - keptMs(step);
  const step = filter.step ?? SERIES_STEPS.find((one) => fits(one, limits.seriesPointsByDefault)) ?? "1d";
  if (!fits(step, limits.seriesPoints)) {
    const longer = SERIES_STEPS.find((one) => fits(one, limits.seriesPoints));
    throw filter.step === undefined || longer === undefined
      ? invalid("since", "reaches too far back; ask for a shorter span")
      : invalid("step", `is too short for this span; ask for "${longer}", or for a later since`);
  }
  const stepMs = STEP_MS[step];
  const from = since - (since % stepMs);
  return { wanted: { tenantId, endpointId: filter.endpointId, since: from, until, step: stepMs }, step };
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
