import type * as z from "zod";
import type { Database } from "../../db/database.ts";
import { SUM_FIELDS, SUM_STEPS_MS, type SumField } from "../../domain/sums.ts";
import { limits } from "../../platform/limits.ts";
import {
  choose,
  type deploymentSeriesFilter,
  outcomesOf,
  type RecentOutcomes,
  rangeOf,
  type Series,
  seriesOf,
  summedOf,
  summedUntil,
} from "../series.ts";
import { type SummedAtRow, type SumRow, selectSummedAt } from "../series-statements.ts";
import { type Stretch, type StretchRow, selectDeploymentSums } from "./series-statements.ts";

/**
 * Outcomes of the whole deployment, up to the span of five minutes in which the latest round of summing up began: later ones are
 * partly in the sums, failures first.
 * @throws {OutboxError} `invalid_input` for a span or a step that reads too much
 */
export async function readDeploymentSeries(
  db: Database,
  filter: z.output<typeof deploymentSeriesFilter>,
  now: number,
): Promise<Omit<Series, "complete">> {
  const edge = await selectSummedAt(db).first<SummedAtRow>();
  const range = summedOf(rangeOf(filter, now), edge);
  const { wanted, step } = choose("", { ...filter, ...range }, now);
  const { since, until, step: stepMs } = wanted;
  const points = Array.from({ length: Math.ceil((until - since) / stepMs) }, (_, n) => since + n * stepMs);
  const stretches = points.map((at): Stretch => [at, Math.min(at + stepMs, until)]);
  const sums = await readSums(db, stretches, stepMs);
  return seriesOf(wanted, step, sums, now);
}

/** Outcomes of all tenants in the hour and the day before an instant, up to which they are summed up. */
export async function readDeploymentOutcomes(
  db: Database,
): Promise<RecentOutcomes & { outcomesUntil: number }> {
  const until = await readSummedUntil(db);
  const [shortest, hour] = SUM_STEPS_MS;
  const stretches = [hour, limits.statsWindowMs].map((ms): Stretch => [until - ms, until]);
  const [ofHour, ofDay] = (await readSums(db, stretches, shortest)).map((sums) => outcomesOf([sums]));
  if (!ofHour || !ofDay) throw new Error("D1 answered sums without a row");
  return { outcomesUntil: until, lastHour: ofHour, lastDay: ofDay };
}

/** Instant up to which the outcomes of all tenants are summed up; 0: nothing is yet. */
export async function readSummedUntil(db: Database): Promise<number> {
  return summedUntil(await selectSummedAt(db).first<SummedAtRow>());
}

async function readSums(db: Database, stretches: readonly Stretch[], step: number): Promise<SumRow[]> {
  const { results } = await selectDeploymentSums(db, stretches, step).all<StretchRow>();
  return results.map(({ at, sums }) => {
    const counts: (number | null)[] = JSON.parse(sums);
    const named = SUM_FIELDS.map((field, n) => [field, counts[n] ?? 0] as const);
    return { at, ...(Object.fromEntries(named) as Record<SumField, number>) };
  });
}
