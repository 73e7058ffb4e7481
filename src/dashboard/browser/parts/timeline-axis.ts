/** Axes of a timeline: places of instants, from 0 to 1. Pure. */

type Span = readonly [since: number, until: number];
interface Axis {
  place(at: number): number;
  /** Instants that deserve a tick. */
  knots: readonly number[];
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Lengths between ticks of a linear axis. */
const STEPS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 5, 10, 30, 100].map((n) => n * DAY),
];
const MOST_TICKS = 6;

export function linear(begin: number, end: number): Axis {
  const step = STEPS.find((one) => (end - begin) / one <= MOST_TICKS) ?? end - begin;
  const knots = Array.from({ length: Math.floor((end - begin) / step) + 1 }, (_, n) => begin + n * step);
  return { place: (at) => (at - begin) / (end - begin), knots };
}

/** Stretches of activity that are nearer than this are one. */
const NEAR_MS = 1000;
/** The length whose double gets one unit of a compressed axis. */
const UNIT_MS = 10;

/** An axis on which activity and the gaps between it have lengths by their logarithms, so that neither hides the other. */
export function compressed(spans: readonly Span[], begin: number, end: number): Axis {
  const busy = merged(spans, begin);
  const knots = [...new Set([begin, ...busy.flat(), end])].filter((at) => at >= begin && at <= end);
  const lengths = knots.slice(1).map((at, n) => Math.log2(1 + (at - (knots[n] ?? 0)) / UNIT_MS));
  const whole = lengths.reduce((sum, length) => sum + length, 0) || 1;
  const place = (at: number) => {
    let sum = 0;
    for (const [n, length] of lengths.entries()) {
      const [from = 0, to = 0] = [knots[n], knots[n + 1]];
      if (at < to) return (sum + (length * (at - from)) / (to - from)) / whole;
      sum += length;
    }
    return 1;
  };
  return { place, knots: [begin, ...busy.map(([since]) => since)] };
}

/** Spans in order, those near one another as one. What is near the beginning begins there. */
function merged(spans: readonly Span[], begin: number): Span[] {
  const busy: [since: number, until: number][] = [[begin, begin]];
  for (const [since, until] of spans.toSorted(([one], [other]) => one - other)) {
    const last = busy.at(-1) ?? [begin, begin];
    if (since - last[1] > Math.max(NEAR_MS, last[1] - last[0])) busy.push([since, until]);
    else last[1] = Math.max(last[1], until);
  }
  return busy;
}
