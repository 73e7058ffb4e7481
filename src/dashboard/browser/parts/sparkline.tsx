import type { Line } from "./chart-scale.ts";

/** Small bars of a count over time, of which `bad` is the part that is trouble. The words beside them tell what they show. */
export function Sparkline({
  values,
  bad = [],
  tone = "accent",
}: {
  values: readonly number[];
  bad?: readonly number[];
  tone?: Line["tone"];
}) {
  const most = Math.max(...values, 1);
  const wide = 100 / Math.max(values.length, 1);
  return (
    <svg class={`sparkline ${tone}`} viewBox="0 0 100 24" preserveAspectRatio="none" aria-hidden="true">
      {[values, bad].map((counts, part) =>
        counts.map((value, n) => {
          const high = (value / most) * 22 + (value > 0 ? 2 : 0);
          const [width, x] = [Math.max(wide - 0.6, 0.4), n * wide];
          return <rect key={n} class={part ? "bad" : ""} {...{ x, width }} y={24 - high} height={high} />;
        }),
      )}
    </svg>
  );
}
