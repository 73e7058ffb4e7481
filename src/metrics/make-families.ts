import {
  DURATION_BOUNDS_MS,
  DURATION_FIELDS,
  FAILURE_CLASSES,
  LATENCY_BOUNDS_MS,
  LATENCY_FIELDS,
  type SumField,
} from "../domain/sums.ts";
import type { Family, Labels, Sample } from "./family.ts";
import type { Sums } from "./statements.ts";

const PREFIX = "edge_outbox_";

export const one = (value: number): Sample => ({ labels: {}, value });

/** Samples of a gauge that differ in one label. */
export function byLabel(
  label: string,
  values: Readonly<Record<string, number>>,
  labels: Labels = {},
): Sample[] {
  return Object.entries(values).map(([name, value]) => ({ labels: { ...labels, [label]: name }, value }));
}

export const gauge = (name: string, help: string, samples: readonly Sample[]): Family => ({
  name: PREFIX + name,
  type: "gauge",
  help,
  samples,
});

export const counter = (name: string, help: string, samples: readonly Sample[]): Family => ({
  name: PREFIX + name,
  type: "counter",
  help,
  samples,
});

/** Sums of one channel or tenant. */
interface Summed {
  labels: Labels;
  sums: Sums | undefined;
}

/** Counters and histograms of attempts. `scope`: a part of their names; `whose`: words at the end of their sentences. */
export function attemptFamilies(scope: string, whose: string, summed: readonly Summed[]): Family[] {
  const of = ({ sums }: Summed, field: SumField) => sums?.[field] ?? 0;
  const histogram = (name: string, help: string, fields: readonly SumField[], boundsMs: readonly number[]) =>
    ({
      name: PREFIX + name,
      type: "histogram",
      help,
      bounds: boundsMs.map((ms) => ms / 1000),
      samples: summed.map((each) => ({
        labels: each.labels,
        counts: fields.map((field) => of(each, field)),
      })),
    }) satisfies Family;
  return [
    counter(
      `${scope}attempts_total`,
      `Outcomes of attempts${whose}. A delivery that dies untried counts as dead, too. First attempts that delivered count up to some minutes later.`,
      summed.flatMap((each) =>
        byLabel(
          "outcome",
          { delivered: of(each, "delivered"), retry: of(each, "retried"), dead: of(each, "dead") },
          each.labels,
        ),
      ),
    ),
    counter(
      `${scope}attempt_failures_total`,
      `Attempts that failed${whose}, by class. The classes add up to the outcomes retry and dead.`,
      summed.flatMap((each) =>
        byLabel(
          "class",
          Object.fromEntries(FAILURE_CLASSES.map((name) => [name, of(each, name)])),
          each.labels,
        ),
      ),
    ),
    histogram(
      `${scope}delivery_latency_seconds`,
      `Time from the commit of a message to its delivery${whose}. The sum is not known.`,
      LATENCY_FIELDS,
      LATENCY_BOUNDS_MS,
    ),
    histogram(
      `${scope}attempt_duration_seconds`,
      `Duration of attempts${whose}. The sum is not known.`,
      DURATION_FIELDS,
      DURATION_BOUNDS_MS,
    ),
  ];
}
