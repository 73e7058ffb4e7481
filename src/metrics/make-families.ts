import type { Outcome } from "../domain/states.ts";
import {
  DURATION_BOUNDS_MS,
  DURATION_FIELDS,
  FAILURE_CLASSES,
  type FailureClass,
  LATENCY_BOUNDS_MS,
  LATENCY_FIELDS,
  type OUTCOME_FIELDS,
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

/** Values by class of failure. */
export function byFailureClass(sums: Pick<Sums, FailureClass> | undefined): Record<FailureClass, number> {
  return Object.fromEntries(FAILURE_CLASSES.map((name) => [name, sums?.[name] ?? 0])) as Record<
    FailureClass,
    number
  >;
}

/** Values by outcome. */
export function byOutcome(
  sums: Pick<Sums, (typeof OUTCOME_FIELDS)[number]> | undefined,
): Record<Outcome, number> {
  const { delivered = 0, retried = 0, dead = 0 } = sums ?? {};
  return { delivered, retry: retried, dead };
}

interface Summed {
  labels: Labels;
  sums: Sums | undefined;
}

/** Counters and histograms of attempts. */
export function attemptFamilies(summed: readonly Summed[]): Family[] {
  const histogram = (name: string, help: string, fields: readonly SumField[], boundsMs: readonly number[]) =>
    ({
      name: PREFIX + name,
      type: "histogram",
      help: `${help} The sum is not known.`,
      bounds: boundsMs.map((ms) => ms / 1000),
      samples: summed.map(({ labels, sums }) => ({
        labels,
        counts: fields.map((field) => sums?.[field] ?? 0),
      })),
    }) satisfies Family;
  return [
    counter(
      "attempts_total",
      "Outcomes of attempts. A delivery that dies untried counts as dead, too. First attempts that delivered count up to some minutes later.",
      summed.flatMap(({ labels, sums }) => byLabel("outcome", byOutcome(sums), labels)),
    ),
    counter(
      "attempt_failures_total",
      "Attempts that failed, by class. The classes add up to the outcomes retry and dead.",
      summed.flatMap(({ labels, sums }) => byLabel("class", byFailureClass(sums), labels)),
    ),
    histogram(
      "delivery_latency_seconds",
      "Time from the commit of a message, or from its deliverAt, to its delivery.",
      LATENCY_FIELDS,
      LATENCY_BOUNDS_MS,
    ),
    histogram("attempt_duration_seconds", "Duration of attempts.", DURATION_FIELDS, DURATION_BOUNDS_MS),
  ];
}
