/** Geometry of charts: from values to pixels, without a page. */

/** A series of a chart: a value for each instant, null where there is none. */
export interface Line {
  name: string;
  values: readonly (number | null)[];
  /** Colour by its meaning. */
  tone: "good" | "bad" | "warn" | "busy" | "accent" | "calm" | "plain" | "strong";
  isDashed?: boolean;
}

/** `stacked`: bars upon one another. `log`: lines on a logarithmic axis, in milliseconds. */
export type ChartKind = "stacked" | "lines" | "log";

/** An axis: where its ticks are, and the share of its length at which a value lies. */
export interface Scale {
  ticks: readonly number[];
  shareOf(value: number): number;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Durations at which a logarithmic axis has its ticks. */
const DURATIONS = [1, 10, 100, SECOND, 10 * SECOND, MINUTE, 10 * MINUTE, HOUR, 6 * HOUR, DAY];

/** The axis of durations, each class of which is as long as any other. */
function logScale(values: readonly number[]): Scale {
  const below = DURATIONS.findLastIndex((one) => one <= Math.min(...values));
  const first = Math.min(Math.max(below, 0), DURATIONS.length - 2);
  const above = DURATIONS.findIndex((one) => one >= Math.max(...values));
  const last = Math.max(above < 0 ? DURATIONS.length - 1 : above, first + 1);
  const ticks = DURATIONS.slice(first, last + 1);
  const [from = 1, to = 10] = [ticks[0], ticks.at(-1)].map((one) => Math.log(one ?? 1));
  return { ticks, shareOf: (value) => Math.min((Math.log(Math.max(value, 1)) - from) / (to - from), 1) };
}

const TICKS = 4;

function linearScale(most: number): Scale {
  const rough = Math.max(most, 1) / TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max([1, 2, 5, 10].find((one) => one * power >= rough) ?? 10, 1) * power;
  const whole = Math.max(step, 1);
  const top = Math.ceil(Math.max(most, 1) / whole) * whole;
  const ticks = Array.from({ length: Math.round(top / whole) + 1 }, (_, n) => n * whole);
  return { ticks, shareOf: (value) => value / top };
}

/** The axis of the values. */
export function valueScale(lines: readonly Line[], kind: ChartKind): Scale {
  const all = lines.flatMap(({ values }) => values.filter((value) => value !== null));
  if (kind === "log") return logScale(all.length > 0 ? all : [1]);
  if (kind === "lines") return linearScale(Math.max(0, ...all));
  const sums = (lines[0]?.values ?? []).map((_, n) =>
    lines.reduce((sum, { values }) => sum + (values[n] ?? 0), 0),
  );
  return linearScale(Math.max(0, ...sums));
}

const TIME_STEPS = [5, 15, 30, 60, 120, 180, 360, 720].map((minutes) => minutes * MINUTE);
const DAYS = [1, 2, 7, 14, 30, 60, 180].map((days) => days * DAY);

/**
 * Instants at which the axis of time has its ticks: round ones in the reader's zone.
 * @param most number of ticks that have room
 */
export function timeTicks(from: number, to: number, most: number): number[] {
  const step = [...TIME_STEPS, ...DAYS].find((one) => (to - from) / one <= most) ?? 365 * DAY;
  const localOf = (at: number) => at - new Date(at).getTimezoneOffset() * MINUTE;
  const first = from + ((step - (localOf(from) % step)) % step);
  const ticks: number[] = [];
  for (let at = first; at < to; at += step) {
    // A change of the clocks in between moves those behind it.
    ticks.push(at + localOf(first) - first - (localOf(at) - at));
  }
  return ticks;
}

/** Size of the area in which values are drawn, and the axis that they are drawn by. */
interface Area {
  width: number;
  height: number;
  scale: Scale;
}

/** Pixels of the least bar: a single failure among thousands of deliveries is seen. */
const LEAST_BAR = 2;
const WIDEST_BAR = 28;

/** Paths of bars upon one another: of each line those of the finished spans, and that of the newest one. */
export function barPaths(lines: readonly Line[], { width, height, scale }: Area): [string, string][] {
  const count = lines[0]?.values.length ?? 0;
  const wide = width / Math.max(count, 1);
  const bar = Math.min(wide > 3 ? wide - 1 : wide, WIDEST_BAR);
  const indent = (wide - bar) / 2;
  const tops = Array.from({ length: count }, () => height);
  return lines.map(({ values }) => {
    const bars = values.map((value, n) => {
      if (!value) return "";
      const high = Math.max(scale.shareOf(value) * height, LEAST_BAR);
      const top = (tops[n] ?? height) - high;
      tops[n] = top;
      return `M${round(n * wide + indent)} ${round(top)}h${round(bar)}v${round(high)}h${round(-bar)}z`;
    });
    return [bars.slice(0, -1).join(""), bars.at(-1) ?? ""];
  });
}

/** Paths of lines through the middles of the spans. A value without neighbours is a short stroke; a gap stays one. */
export function linePaths(lines: readonly Line[], { width, height, scale }: Area): [string, string][] {
  return lines.map(({ values }) => {
    const wide = width / Math.max(values.length, 1);
    const alone = Math.min(Math.max(wide, 4), WIDEST_BAR);
    const pointOf = (n: number) => {
      const value = values[n];
      if (value === null || value === undefined) return undefined;
      return `${round((n + 0.5) * wide)} ${round((1 - scale.shareOf(value)) * height)}`;
    };
    const between = values.map((_, n) => {
      const [before, here, after] = [pointOf(n - 1), pointOf(n), pointOf(n + 1)];
      if (here === undefined) return "";
      if (before !== undefined) return `M${before}L${here}`;
      return after === undefined ? `M${here}m${round(-alone / 2)} 0h${round(alone)}` : "";
    });
    return [between.slice(0, -1).join(""), between.at(-1) ?? ""];
  });
}

function round(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}
