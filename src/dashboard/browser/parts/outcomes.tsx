import { useState } from "preact/hooks";
import type { Answer } from "../api.ts";
import { EVERY } from "../live.ts";
import { type Reading, useRead } from "../query.ts";
import { setQuery, usePlace } from "../router.ts";
import { w } from "../words/words.ts";
import { Chart, type Cursor } from "./chart.tsx";
import type { Line } from "./chart-scale.ts";
import { SPANS, SpanChoice, useSpan } from "./filters.tsx";
import { clockTime, count, duration, stretch } from "./format.ts";
import { Icon } from "./icons.tsx";
import { Section } from "./page.tsx";
import { Shown } from "./shown.tsx";

type Series = Answer<"/v1/series"> & Partial<Answer<"/v1/tenants/{tenant}/series">>;
type Point = Omit<Series["points"][number], "at">;

/** A stretch of time that somebody has zoomed to, from the address. */
function useZoom(): { since: string; until: string } | undefined {
  const { query } = usePlace();
  const [since, until] = [query.get("since"), query.get("until")];
  return since && until ? { since, until } : undefined;
}

/** Outcomes over the span in the address: of a tenant, or of one of its endpoints, or of all tenants. */
export function useOutcomes(tenant?: string, endpointId?: string): Reading<Series> {
  const span = useSpan();
  const zoom = useZoom();
  return useRead(tenant === undefined ? "/v1/series" : "/v1/tenants/{tenant}/series", {
    ...(tenant !== undefined && { params: { tenant } }),
    query: { endpointId, ...zoom },
    ...(!zoom && { within: SPANS[span], every: EVERY.sums }),
  });
}

/** Words for the time that the figures are of. */
export function useShownSpan(): string {
  const span = useSpan();
  return useZoom() ? w.tenants.inStretch : w.tenants.inSpan(w.spans[span]);
}

/** The choice of the span, and the way back from a stretch. */
export function OutcomesSpan() {
  const zoom = useZoom();
  return (
    <div class="row">
      {zoom && (
        <button type="button" onClick={() => setQuery({ since: undefined, until: undefined })}>
          <Icon name="cross" />
          {w.chart.zoomOut}
        </button>
      )}
      <SpanChoice />
    </div>
  );
}

/** Charts of deliveries, of their latency, and of failed attempts by class, with one cursor. */
export function OutcomeCharts({ reading }: { reading: Reading<Series> }) {
  const cursor = useState<number>();
  const zoom = useZoom();
  return (
    <Shown reading={reading} lines={7}>
      {(series) => {
        const shared = { ...spansOf(series, zoom?.until), cursor, onZoom: zoomTo };
        return (
          <>
            <Section title={w.chart.flow}>
              <Flow series={series} shared={shared} />
            </Section>
            <div class="columns">
              <Section title={w.chart.latency}>
                <Latency series={series} shared={shared} />
              </Section>
              <Section title={w.chart.failures}>
                <Failures series={series} shared={shared} />
              </Section>
            </div>
          </>
        );
      }}
    </Shown>
  );
}

function zoomTo(since: number, until: number): void {
  setQuery({ since: new Date(since).toISOString(), until: new Date(until).toISOString() });
}

const STEP_MS = { "5m": 300_000, "1h": 3_600_000, "1d": 86_400_000 };

const NOTHING: Point = {
  committed: 0,
  delivered: 0,
  retried: 0,
  dead: 0,
  failures: { redirected: 0, refused: 0, throttled: 0, failed: 0, timedOut: 0, unreached: 0, other: 0 },
  latencyMs: { p50: null, p95: null, p99: null },
  durationMs: { p50: null, p95: null, p99: null },
};

interface Shared {
  at: readonly number[];
  points: readonly Point[];
  stepMs: number;
  isOpen: boolean;
  cursor: Cursor;
  onZoom: (since: number, until: number) => void;
}

/** Every span of the series; one that the API leaves out is one in which nothing happened. */
function spansOf({ at: countedAt, span, step, points }: Series, asked: string | undefined) {
  const stepMs = STEP_MS[step];
  const [since, until] = [Date.parse(span.since), Date.parse(span.until)];
  const found = new Map(points.map((point) => [Date.parse(point.at), point]));
  const at = Array.from({ length: Math.ceil((until - since) / stepMs) }, (_, n) => since + n * stepMs);
  const isCut = asked === undefined || until < Date.parse(asked);
  const edge = isCut ? until : Date.parse(countedAt);
  return {
    at,
    stepMs,
    points: at.map((instant) => found.get(instant) ?? NOTHING),
    isOpen: (at.at(-1) ?? edge) + stepMs > edge,
  };
}

function sumOf(points: readonly Point[], countOf: (point: Point) => number): number {
  return points.reduce((sum, point) => sum + countOf(point), 0);
}

const failedIn = ({ retried, dead }: Point) => retried + dead;

/** The span in which most of it was; undefined: there was none. */
function mostOf({ at, points, stepMs }: Shared, countOf: (point: Point) => number): string | undefined {
  const values = points.map(countOf);
  const most = Math.max(0, ...values);
  return most > 0 ? stretch(at[values.indexOf(most)] ?? 0, stepMs) : undefined;
}

interface ChartProps {
  series: Series;
  shared: Shared;
}

/** How far the figures go: whoever has just sent something is not to miss it. */
const untilOf = ({ span }: Series) => w.chart.until(clockTime(Date.parse(span.until)));

function Flow({ series, shared }: ChartProps) {
  const { points } = shared;
  const valuesOf = (name: "delivered" | "retried" | "dead") => points.map((point) => point[name]);
  const lines: Line[] = [
    { name: w.chart.delivered, tone: "good", values: valuesOf("delivered") },
    { name: w.chart.retried, tone: "warn", values: valuesOf("retried") },
    { name: w.chart.dead, tone: "bad", values: valuesOf("dead") },
  ];
  const [delivered, failed, dead] = [
    sumOf(points, (point) => point.delivered),
    sumOf(points, failedIn),
    sumOf(points, (point) => point.dead),
  ].map((n) => count(n));
  const most = mostOf(shared, failedIn);
  const until = untilOf(series);
  const found = w.chart.flowFound(delivered ?? "", failed ?? "", dead ?? "");
  return (
    <Chart
      {...{ ...shared, lines }}
      kind="stacked"
      format={count}
      finding={most === undefined ? found : `${found}; ${w.chart.mostAt(most)}`}
      note={series.complete === false ? `${until} ${w.chart.atLeast}` : until}
    />
  );
}

function Latency({ series, shared }: ChartProps) {
  const { points } = shared;
  const valuesOf = (name: "p50" | "p95" | "p99") => points.map(({ latencyMs }) => latencyMs[name]);
  const lines: Line[] = [
    { name: w.chart.p50, tone: "calm", values: valuesOf("p50") },
    { name: w.chart.p95, tone: "accent", values: valuesOf("p95") },
    { name: w.chart.p99, tone: "busy", values: valuesOf("p99") },
  ];
  const most = mostOf(shared, ({ latencyMs }) => latencyMs.p95 ?? 0);
  const slowest = duration(Math.max(0, ...points.map(({ latencyMs }) => latencyMs.p95 ?? 0)));
  return (
    <Chart
      {...{ ...shared, lines }}
      kind="log"
      format={duration}
      finding={most === undefined ? w.chart.noLatency : w.chart.slowest(slowest, most)}
      note={`${untilOf(series)} ${w.chart.fromHistogram}`}
    />
  );
}

type FailureClass = keyof Point["failures"];
const CLASSES: readonly [FailureClass, Line["tone"]][] = [
  ["failed", "bad"],
  ["timedOut", "warn"],
  ["unreached", "busy"],
  ["refused", "accent"],
  ["throttled", "calm"],
  ["redirected", "plain"],
  ["other", "strong"],
];

function Failures({ series, shared }: ChartProps) {
  const { points } = shared;
  const sums = CLASSES.map(([name, tone]) => ({
    name,
    tone,
    sum: sumOf(points, ({ failures }) => failures[name]),
  }));
  const found = sums.filter(({ sum }) => sum > 0);
  const [worst] = found.toSorted((one, other) => other.sum - one.sum);
  const lines = (found.length > 0 ? found : sums.slice(0, 1)).map(({ name, tone }) => ({
    name: w.chart.classes[name],
    tone,
    values: points.map(({ failures }) => failures[name]),
  }));
  return (
    <Chart
      {...{ ...shared, lines }}
      kind="stacked"
      format={count}
      finding={
        worst
          ? w.chart.failed(count(sumOf(points, failedIn)), w.chart.classes[worst.name])
          : w.chart.noFailure
      }
      note={untilOf(series)}
    />
  );
}
