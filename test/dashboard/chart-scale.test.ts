import { describe, expect, test } from "vitest";
import {
  barPaths,
  type Line,
  linePaths,
  timeTicks,
  valueScale,
} from "../../src/dashboard/browser/parts/chart-scale.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const lineOf = (...values: (number | null)[]): Line => ({ name: "a", tone: "good", values });

describe("the axis of values", () => {
  test.each([
    [0, [0, 1]],
    [1, [0, 1]],
    [3, [0, 1, 2, 3]],
    [17, [0, 5, 10, 15, 20]],
    [232, [0, 100, 200, 300]],
    [98_000, [0, 50_000, 100_000]],
  ])("of counts up to %i has round ticks, none of them twice, and room for it", (most, ticks) => {
    expect(valueScale([lineOf(most)], "stacked").ticks).toEqual(ticks);
  });

  test("of bars upon one another is as high as their sums, and of lines as their values", () => {
    const lines = [lineOf(10, 1), lineOf(5, 1)];
    expect(valueScale(lines, "stacked").ticks.at(-1)).toBe(15);
    expect(valueScale(lines, "lines").ticks.at(-1)).toBe(15 - 5);
  });

  test.each([
    [
      [40, 900],
      [10, 100, 1000],
    ],
    [
      [0, 5],
      [1, 10],
    ],
    [[100], [100, 1000]],
    [
      [2000, 50 * MINUTE],
      [1000, 10_000, MINUTE, 10 * MINUTE, HOUR],
    ],
    [[60 * DAY], [6 * HOUR, DAY]],
    [[], [1, 10]],
  ])("of durations %j has ticks that people say", (values, ticks) => {
    expect(valueScale([lineOf(...values)], "log").ticks).toEqual(ticks);
  });

  test("of durations gives each class of them as much room, and none to what is less than the least", () => {
    const { shareOf } = valueScale([lineOf(1, 1000)], "log");
    expect([1, 10, 100, 1000].map((ms) => Math.round(shareOf(ms) * 3))).toEqual([0, 1, 2, 3]);
    expect(shareOf(0)).toBe(0);
  });
});

describe("the axis of time", () => {
  test.each([
    [HOUR, 6, 15 * MINUTE],
    [DAY, 12, 2 * HOUR],
    [DAY, 3, 12 * HOUR],
    [7 * DAY, 10, DAY],
    [30 * DAY, 10, 7 * DAY],
    [700 * DAY, 10, 180 * DAY],
  ])("over %i ms with room for %i ticks has them %i ms apart, at round instants", (span, most, step) => {
    const from = Date.UTC(2026, 10, 29, 10, 3, 12);
    const ticks = timeTicks(from, from + span, most);
    expect(ticks.length).toBeLessThanOrEqual(most + 1);
    expect(ticks.slice(1).map((at, n) => at - (ticks[n] ?? 0))).toEqual(ticks.slice(1).map(() => step));
    const zone = new Date(from).getTimezoneOffset() * MINUTE;
    expect(ticks.every((at) => at >= from && at < from + span && (at - zone) % step === 0)).toBe(true);
  });
});

describe("bars", () => {
  const area = {
    width: 100,
    height: 100,
    scale: { ticks: [0, 100], shareOf: (value: number) => value / 100 },
  };
  /** Height of each bar in a path. */
  const heights = (path: string) => [...path.matchAll(/v([\d.]+)/g)].map(([, high]) => Number(high));

  test("stand upon one another, and the newest span is by itself", () => {
    const [[done, newest] = [], [above] = []] = barPaths([lineOf(10, 20), lineOf(30, 0)], area);
    expect([heights(done ?? ""), heights(newest ?? "")]).toEqual([[10], [20]]);
    expect(above).toMatch(/^M[\d.]+ 60h/);
  });

  test("show a single one among thousands, and nothing where there is none", () => {
    const [[done] = [], [dead] = []] = barPaths([lineOf(90, 90, 0), lineOf(0.01, 0, 0)], area);
    expect(heights(done ?? "")).toEqual([90, 90]);
    expect(heights(dead ?? "")).toEqual([2]);
  });
});

describe("lines", () => {
  const area = {
    width: 40,
    height: 100,
    scale: { ticks: [0, 100], shareOf: (value: number) => value / 100 },
  };

  test("join neighbours, leave gaps, and mark a value that stands alone", () => {
    const [[done, newest] = []] = linePaths([lineOf(50, 100, null, 0)], area);
    expect(done).toBe("M5 50L15 0");
    expect(newest).toBe("M35 100m-5 0h10");
  });

  test("without any value are empty", () => {
    expect(linePaths([lineOf(null, null)], area)).toEqual([["", ""]]);
    expect(barPaths([lineOf()], area)).toEqual([["", ""]]);
  });
});
