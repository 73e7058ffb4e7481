import uPlot from "uplot";
import { language } from "../words/words.ts";
import type { Line } from "./chart.tsx";

interface Plot {
  at: readonly number[];
  lines: readonly Line[];
  format: (value: number) => string;
  kind?: "stacked" | "lines" | "log";
  height: number;
  onZoom?: (since: number, until: number) => void;
}

const TONES = { good: "--good", bad: "--bad", warn: "--warn", accent: "--accent", plain: "--muted" };

/** Draws a chart into an element. A file of its own, because only pages with charts load the library. */
export function plot(host: HTMLElement, { at, lines, format, kind = "lines", height, onZoom }: Plot): uPlot {
  const style = getComputedStyle(host);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const values = kind === "stacked" ? stacked(lines) : lines.map(({ values }) => [...values]);
  const font = `11px ${style.fontFamily}`;
  const axis = {
    stroke: colour("--muted"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { show: false },
    font,
  };
  return new uPlot(
    {
      width: host.clientWidth || 300,
      height,
      padding: [8, 8, 0, 0],
      cursor: { drag: { x: onZoom !== undefined, y: false } },
      scales: {
        x: { time: true },
        y:
          kind === "log" ? { distr: 3, log: 10 } : { range: (_u, _min, max) => [0, Math.max(max, 1) * 1.05] },
      },
      axes: [
        { ...axis, values: (...[, ticks, , , step]) => ticks.map((tick) => timeOf(tick, step)) },
        {
          ...axis,
          size: fitted(font),
          values: (_u, ticks) => ticks.map((tick) => (tick === null ? "" : format(tick))),
        },
      ],
      series: [
        { value: (_u, seconds) => (seconds === null ? "–" : timeOf(seconds, 60)) },
        ...lines.map(({ name, tone, isDashed }, n) => ({
          label: name,
          stroke: colour(TONES[tone]),
          width: 1.5,
          points: { show: at.length < 3 },
          ...(isDashed && { dash: [5, 4] }),
          ...(kind === "stacked" && { fill: `color-mix(in srgb, ${colour(TONES[tone])} 30%, transparent)` }),
          value: (_u: uPlot, _raw: number | null, _series: number, index: number | null) => {
            const value = index === null ? null : lines[n]?.values[index];
            return value === null || value === undefined ? "–" : format(value);
          },
        })),
      ],
      ...(kind === "stacked" && {
        bands: lines.slice(1).map((_, n) => ({ series: [n + 2, n + 1] as [number, number] })),
      }),
      hooks: {
        setSelect: [
          (u) => {
            if (u.select.width < 5) return;
            onZoom?.(
              u.posToVal(u.select.left, "x") * 1000,
              u.posToVal(u.select.left + u.select.width, "x") * 1000,
            );
          },
        ],
      },
    },
    [at.map((ms) => ms / 1000), ...values] as uPlot.AlignedData,
    host,
  );
}

/** Each line upon the ones before it. */
function stacked(lines: readonly Line[]): (number | null)[][] {
  const sums: number[] = [];
  return lines.map(({ values }) =>
    values.map((value, n) => {
      sums[n] = (sums[n] ?? 0) + (value ?? 0);
      return value === null ? null : sums[n];
    }),
  );
}

function timeOf(seconds: number, step: number): string {
  const parts =
    step >= 86_400
      ? ({ day: "numeric", month: "short" } as const)
      : ({ hour: "2-digit", minute: "2-digit" } as const);
  return new Intl.DateTimeFormat(language, parts).format(seconds * 1000);
}

/** Width of the axis: that of its longest label, which would be cut off otherwise. */
function fitted(font: string) {
  return (u: uPlot, labels: string[] | null): number => {
    u.ctx.save();
    u.ctx.font = font;
    const widest = Math.max(0, ...(labels ?? []).map((label) => u.ctx.measureText(label).width));
    u.ctx.restore();
    return Math.ceil(widest) + 16;
  };
}
