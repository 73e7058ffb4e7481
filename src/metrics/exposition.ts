import type { Family, HistogramSample, Labels } from "./family.ts";

/** Type of the text, as Prometheus asks for it. https://prometheus.io/docs/instrumenting/exposition_formats/ */
export const EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Text of families in the Prometheus format. */
export function exposition(families: readonly Family[]): string {
  return families.flatMap(linesOf).join("\n").concat("\n");
}

function linesOf(family: Family): string[] {
  const { name, help, type } = family;
  const head = [`# HELP ${name} ${escaped(help)}`, `# TYPE ${name} ${type}`];
  if (family.type !== "histogram") {
    return [...head, ...family.samples.map(({ labels, value }) => line(name, labels, value))];
  }
  return [...head, ...family.samples.flatMap((sample) => histogramLines(name, family.bounds, sample))];
}

/** Classes as Prometheus has them: each counts the ones before it, too. The sum of the observations is not known. */
function histogramLines(
  name: string,
  bounds: readonly number[],
  { labels, counts }: HistogramSample,
): string[] {
  let count = 0;
  const buckets = counts.map((more, n) => {
    count += more;
    const le = n < bounds.length ? String(bounds[n]) : "+Inf";
    return line(`${name}_bucket`, { ...labels, le }, count);
  });
  return [...buckets, line(`${name}_count`, labels, count)];
}

function line(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(
    ([label, text]) => `${label}="${escaped(text).replaceAll('"', '\\"')}"`,
  );
  return `${name}${pairs.length > 0 ? `{${pairs.join(",")}}` : ""} ${value}`;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}
