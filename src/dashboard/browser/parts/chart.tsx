import { useEffect, useId, useMemo, useRef, useState } from "preact/hooks";
import { w } from "../words/words.ts";
import { type ChartKind, type Line, valueScale } from "./chart-scale.ts";
import { exact, stretch } from "./format.ts";
import { Plot } from "./plot.tsx";

interface Props {
  /** The finding, in a sentence: what those who do not see the chart get of it first. */
  finding: string;
  /** More of it, for those who read on. */
  note?: string;
  /** Beginnings of the spans that have values, in milliseconds, each as long as the others. */
  at: readonly number[];
  lines: readonly Line[];
  /** Text of a value. */
  format: (value: number) => string;
  kind?: ChartKind;
  /** Length of each span. Defaults to the distance of the first two. */
  stepMs?: number;
  /** True: the newest span is not over. */
  isOpen?: boolean;
  /** A stretch was drawn with the pointer, or asked for by the keyboard: show it alone. */
  onZoom?: ((since: number, until: number) => void) | undefined;
  /** The span under the cursor, for charts that share one. */
  cursor?: Cursor;
}

/** Number of the span under the cursor, and the way to move it. */
export type Cursor = readonly [index: number | undefined, move: (index: number | undefined) => void];

/** A chart over time, with its figures in a table below. The arrow keys move its cursor, and screen readers tell the values there. */
export function Chart(props: Props) {
  const { finding, note, at, lines, format, kind = "lines", isOpen = false, onZoom } = props;
  const own = useState<number>();
  const [index, move] = props.cursor ?? own;
  const [width, host] = useWidth();
  const id = useId();
  const stepMs = props.stepMs ?? (at[1] ?? 0) - (at[0] ?? 0);
  const last = at.length - 1;
  const here = index === undefined || index > last ? undefined : index;
  const drawn = JSON.stringify([at, lines, kind]);
  const scale = useMemo(() => valueScale(lines, kind), [drawn]);
  const zoom = (from: number, to: number) => onZoom?.(at[from] ?? 0, (at[to] ?? 0) + stepMs);
  const isStillOpen = (n: number) => isOpen && n === last;
  const textOf = (n: number) =>
    `${stretch(at[n] ?? 0, stepMs)}${isStillOpen(n) ? ` (${w.chart.soFar})` : ""}: ${lines
      .map(({ name, values }) => `${name} ${shown(values[n], format)}`)
      .join(", ")}`;
  return (
    <figure class="chart">
      <Legend
        {...{ lines, format, kind, here }}
        when={here === undefined ? undefined : stretch(at[here] ?? 0, stepMs)}
        isOpen={here !== undefined && isStillOpen(here)}
      />
      <div
        ref={host}
        class="plot"
        role="slider"
        aria-label={finding}
        aria-describedby={id}
        aria-valuemin={0}
        aria-valuemax={Math.max(last, 0)}
        aria-valuenow={here ?? last}
        aria-valuetext={at.length > 0 ? textOf(here ?? last) : w.chart.nothing}
        tabIndex={0}
        onKeyDown={(event) => {
          const to = moved(event.key, here ?? last + 1, last);
          if (event.key === "Enter" && here !== undefined && onZoom) {
            const some = Math.ceil(at.length / 6);
            zoom(Math.max(here - some, 0), Math.min(here + some, last));
          } else if (event.key === "Escape") move(undefined);
          else if (to !== undefined) move(to);
          else return;
          event.preventDefault();
        }}
      >
        {width > 0 && at.length > 0 && (
          <Plot
            {...{ at, lines, format, kind, stepMs, isOpen, width, scale, drawn, here, move }}
            {...(onZoom && { zoom })}
          />
        )}
      </div>
      <figcaption>
        <p>
          {finding}. {note}
        </p>
        <p id={id} class="unseen">
          {onZoom ? w.chart.keysAndZoom : w.chart.keys}
        </p>
        <Figures {...{ at, lines, format, stepMs }} isOpen={isOpen} />
      </figcaption>
    </figure>
  );
}

/** Width of an element, which follows its window. */
function useWidth() {
  const host = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const watch = new ResizeObserver(() => setWidth(element.clientWidth));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  return [width, host] as const;
}

/** The span to which a key leads; undefined: it leads nowhere. */
function moved(key: string, from: number, last: number): number | undefined {
  const page = Math.ceil(last / 10);
  const by = { ArrowLeft: -1, ArrowRight: 1, PageUp: -page, PageDown: page, Home: -last - 1, End: last + 1 }[
    key
  ];
  return by === undefined ? undefined : Math.min(Math.max(from + by, 0), last);
}

interface LegendProps {
  lines: readonly Line[];
  format: (value: number) => string;
  kind: ChartKind;
  here: number | undefined;
  when: string | undefined;
  isOpen: boolean;
}

/** Names of the lines with their values: at the cursor, else of the whole, or the latest ones. */
function Legend({ lines, format, kind, here, when, isOpen }: LegendProps) {
  const isSummed = kind === "stacked";
  const shownOf = ({ values }: Line) => {
    if (here !== undefined) return values[here];
    return isSummed
      ? values.reduce<number>((sum, value) => sum + (value ?? 0), 0)
      : values.findLast((value) => value !== null);
  };
  return (
    <ul class="legend">
      <li class="small">
        {when ?? (isSummed ? w.chart.inAll : w.chart.latest)}
        {isOpen && ` (${w.chart.soFar})`}
      </li>
      {lines.map((line) => (
        <li key={line.name}>
          <i class={`${line.tone}${line.isDashed ? " dashed" : ""}`} />
          {line.name} <b>{shown(shownOf(line), format)}</b>
        </li>
      ))}
    </ul>
  );
}

type FiguresProps = Pick<Props, "at" | "lines" | "format"> & { stepMs: number; isOpen: boolean };

/** The figures as a table, which is made when somebody opens it. */
function Figures({ at, lines, format, stepMs, isOpen }: FiguresProps) {
  const [isShown, setShown] = useState(false);
  return (
    <details onToggle={(event) => setShown(event.currentTarget.open)}>
      <summary>{w.common.asTable}</summary>
      {isShown && (
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
                    {stretch(instant, stepMs)} {isOpen && n === at.length - 1 && `(${w.chart.soFar})`}
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
      )}
    </details>
  );
}

function shown(value: number | null | undefined, format: (value: number) => string): string {
  return value === null || value === undefined ? "–" : format(value);
}
