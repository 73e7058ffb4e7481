import type { Answer } from "../../api.ts";
import { Chart } from "../../parts/chart.tsx";
import { count, duration } from "../../parts/format.ts";
import { w } from "../../words/words.ts";

type Series = Answer<"/v1/tenants/{tenant}/series">;
type Point = Series["points"][number];

const STEP_MS = { "5m": 300_000, "1h": 3_600_000, "1d": 86_400_000 };

/** Outcomes of attempts over time, and how long they took. A span in which nothing happened has no attempts, and no duration. */
export function OutcomeCharts({ series }: { series: Series }) {
  const step = STEP_MS[series.step];
  const first = Date.parse(series.span.since);
  const at = Array.from(
    { length: Math.ceil((Date.parse(series.span.until) - first) / step) },
    (_, n) => first + n * step,
  );
  const points = new Map(series.points.map((point) => [Date.parse(point.at), point]));
  const valuesOf = <T,>(of: (point: Point) => number | null, otherwise: T) =>
    at.map((instant) => {
      const point = points.get(instant);
      return point ? of(point) : otherwise;
    });
  const total = (of: (point: Point) => number) => series.points.reduce((sum, point) => sum + of(point), 0);
  const { outcomeNames } = w.endpoints;
  const [delivered, failed] = [total((one) => one.delivered), total((one) => one.retried + one.dead)];
  const slowest = Math.max(0, ...series.points.map(({ durationMs }) => durationMs.p95 ?? 0));
  return (
    <div class="columns">
      <Chart
        finding={w.endpoints.outcomesFound(count(delivered), count(failed))}
        at={at}
        format={count}
        kind="stacked"
        lines={[
          { name: outcomeNames.delivered, tone: "good", values: valuesOf((one) => one.delivered, 0) },
          { name: outcomeNames.retried, tone: "warn", values: valuesOf((one) => one.retried, 0) },
          { name: outcomeNames.dead, tone: "bad", values: valuesOf((one) => one.dead, 0) },
        ]}
      />
      <Chart
        finding={slowest === 0 ? w.endpoints.noAttempts : w.endpoints.slowest(duration(slowest))}
        at={at}
        format={duration}
        kind="log"
        lines={(["p50", "p95", "p99"] as const).map((name, n) => ({
          name,
          tone: (["accent", "warn", "bad"] as const)[n] ?? "plain",
          values: valuesOf(({ durationMs }) => durationMs[name], null),
        }))}
      />
    </div>
  );
}
