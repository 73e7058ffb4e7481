import { quantile } from "../measure.ts";

export const median = (values: readonly number[]) => quantile(values, 0.5);

/** Shows the median, with the minimum and the maximum in brackets. */
export function withSpread(values: readonly number[], digits = 0): string {
  const show = (value: number) =>
    value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return `${show(median(values))} (${show(Math.min(...values))}–${show(Math.max(...values))})`;
}

/** Shows a share of the whole. */
export const percent = (share: number) => `${(share * 100).toFixed(0)} %`;

export interface Bar {
  text: string;
  isCleared: boolean;
}

export const atLeast = (bar: number, ratio: number): Bar => ({
  text: `≥ ${bar}`,
  isCleared: ratio >= bar,
});
export const atMost = (bar: number, ratio: number): Bar => ({ text: `≤ ${bar}`, isCleared: ratio <= bar });

/** Shows a ratio beside its bar. */
export const besideBar = (ratio: number, { text, isCleared }: Bar) =>
  `${ratio.toFixed(2)} (${text}: ${isCleared ? "cleared" : "missed"})`;

export const tableOf = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

/** Rotates the contenders, because the first of a repetition meets a machine at rest. */
export function inTurn<T>(all: readonly T[], repetition: number): T[] {
  const first = repetition % all.length;
  return [...all.slice(first), ...all.slice(0, first)];
}
