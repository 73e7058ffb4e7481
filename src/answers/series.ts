import type { Series } from "../trace/series.ts";
import { toIso } from "./to-iso.ts";

export function presentSeries<S extends Omit<Series, "complete">>({ at, span, points, ...rest }: S) {
  return {
    at: toIso(at),
    span: { since: toIso(span.since), until: toIso(span.until) },
    ...rest,
    points: points.map((point) => ({ ...point, at: toIso(point.at) })),
  };
}
