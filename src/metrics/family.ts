/** Labels of a series, by name. */
export type Labels = Readonly<Record<string, string>>;

/** One value of a counter or a gauge. */
export interface Sample {
  labels: Labels;
  value: number;
}

/** One histogram: the number of observations in each class, of which the last has no upper bound. */
export interface HistogramSample {
  labels: Labels;
  counts: readonly number[];
}

interface Named {
  /** Name as Prometheus has it: base units, and `_total` at the end of a counter. */
  name: string;
  /** Sentence for people. */
  help: string;
}

/** Series of one name. */
export type Family =
  | (Named & { type: "counter" | "gauge"; samples: readonly Sample[] })
  | (Named & {
      type: "histogram";
      /** Upper bounds of the classes in seconds, inclusive. */
      bounds: readonly number[];
      samples: readonly HistogramSample[];
    });
