import { useEffect, useRef } from "preact/hooks";
import type uPlot from "uplot";
import { w } from "../words/words.ts";
import { clockTime, exact } from "./format.ts";
import { say } from "./said.tsx";

/** A series of a chart: a value for each instant, null where there is none. */
export interface Line {
  name: string;
  values: readonly (number | null)[];
  /** Colour by its meaning. */
  tone: "good" | "bad" | "warn" | "accent" | "plain";
  isDashed?: boolean;
}

interface Props {
  /** The finding, in a sentence: what those who do not see the chart get of it first. */
  finding: string;
  /** Instants in milliseconds. */
  at: readonly number[];
  lines: readonly Line[];
  /** Text of a value. */
  format: (value: number) => string;
  /** `stacked`: areas upon one another. `log`: lines on a logarithmic axis. */
  kind?: "stacked" | "lines" | "log";
  /** A stretch was drawn with the pointer: show it alone. */
  onZoom?: (since: number, until: number) => void;
}

const HEIGHT = 200;

/** A chart over time, with its figures in a table below. The arrow keys move its cursor, and tell the values there. */
export function Chart(props: Props) {
  const { finding, at, lines, format } = props;
  const host = useRef<HTMLDivElement>(null);
  const cursor = useRef(at.length - 1);
  const drawn = JSON.stringify([at, lines]);
  useEffect(() => {
    let chart: uPlot | undefined;
    let isGone = false;
    const element = host.current;
    if (!element || at.length === 0) return;
    const resize = new ResizeObserver(() => chart?.setSize({ width: element.clientWidth, height: HEIGHT }));
    void import("./plot.ts").then(({ plot }) => {
      if (isGone) return;
      chart = plot(element, { ...props, height: HEIGHT });
      resize.observe(element);
    });
    return () => {
      isGone = true;
      resize.disconnect();
      chart?.destroy();
    };
  }, [drawn]);

  const move = (event: KeyboardEvent) => {
    const step = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
    if (step === 0) return;
    event.preventDefault();
    cursor.current = Math.min(Math.max(cursor.current + step, 0), at.length - 1);
    const values = lines.map(({ name, values }) => `${name} ${shown(values[cursor.current], format)}`);
    say(`${clockTime(at[cursor.current] ?? 0)}: ${values.join(", ")}`);
  };
  return (
    <figure class="chart">
      <div
        ref={host}
        role="img"
        aria-label={finding}
        tabIndex={0}
        onKeyDown={move}
        style={{ minHeight: `${HEIGHT}px` }}
      />
      <figcaption>
        <p>{finding}</p>
        <details>
          <summary>{w.common.asTable}</summary>
          <Figures {...props} />
        </details>
      </figcaption>
    </figure>
  );
}

function Figures({ at, lines, format }: Props) {
  return (
    <section class="scroll short" aria-label={w.common.asTable} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">{w.common.time}</th>
            {lines.map(({ name }) => (
              <th key={name} scope="col" class="number">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {at.map((instant, n) => (
            <tr key={instant}>
              <th scope="row" title={exact(instant)}>
                {new Date(instant).toISOString().slice(0, 16).replace("T", " ")}
              </th>
              {lines.map(({ name, values }) => (
                <td key={name} class="number">
                  {shown(values[n], format)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function shown(value: number | null | undefined, format: (value: number) => string): string {
  return value === null || value === undefined ? "–" : format(value);
}

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
