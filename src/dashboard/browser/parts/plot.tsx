import { useMemo, useState } from "preact/hooks";
import { barPaths, type ChartKind, type Line, linePaths, type Scale, timeTicks } from "./chart-scale.ts";
import { axisTime } from "./format.ts";

interface Props {
  at: readonly number[];
  lines: readonly Line[];
  format: (value: number) => string;
  kind: ChartKind;
  stepMs: number;
  /** True: the newest span is not over, and is drawn lighter. */
  isOpen: boolean;
  width: number;
  scale: Scale;
  /** Changes when anything that is drawn does. */
  drawn: string;
  here: number | undefined;
  move: (index: number | undefined) => void;
  zoom?: (from: number, to: number) => void;
}

const HEIGHT = 176;
const AXIS = 20;
const TOP = 6;
/** Widths of a character, and of a label of the axis of time, as wide as they come. */
const CHARACTER = 6.6;
const TIME_LABEL = 64;

/** The drawing of a chart. Colours come from the style sheet, so that they follow the theme. */
export function Plot({
  at,
  lines,
  format,
  kind,
  stepMs,
  isOpen,
  width,
  scale,
  drawn,
  here,
  move,
  zoom,
}: Props) {
  const labels = scale.ticks.map((tick) => format(tick));
  const left = Math.ceil(Math.max(...labels.map(({ length }) => length)) * CHARACTER) + 10;
  const area = { width: Math.max(width - left, 10), height: HEIGHT, scale };
  const isBars = kind === "stacked";
  const paths = useMemo(() => (isBars ? barPaths : linePaths)(lines, area), [drawn, width]);
  const [from = 0] = at;
  const to = from + at.length * stepMs;
  const wide = area.width / at.length;
  const drag = useDrag({ left, wide, last: at.length - 1, move, zoom });
  const xOf = (ms: number) => ((ms - from) / (to - from)) * area.width;
  const ticks = timeTicks(from, to, area.width / TIME_LABEL).filter(
    (tick) => xOf(tick) + left > TIME_LABEL / 3 && xOf(tick) < area.width - TIME_LABEL / 3,
  );
  return (
    <svg width={width} height={TOP + HEIGHT + AXIS} aria-hidden="true" {...drag.events}>
      <g transform={`translate(${left} ${TOP})`}>
        {scale.ticks.map((tick, n) => {
          const y = Math.round((1 - scale.shareOf(tick)) * HEIGHT) + 0.5;
          return (
            <g key={tick} class="tick">
              <path d={`M0 ${y}h${area.width}`} />
              <text x={-6} y={y} dy="0.32em" text-anchor="end">
                {labels[n]}
              </text>
            </g>
          );
        })}
        {ticks.map((tick) => (
          <text key={tick} class="tick" x={xOf(tick)} y={HEIGHT + 15} text-anchor="middle">
            {axisTime(tick)}
          </text>
        ))}
        {here !== undefined && (
          <rect class="here" x={here * wide} width={Math.max(wide, 1)} height={HEIGHT} />
        )}
        {lines.map(({ name, tone, isDashed }, n) => {
          const [done = "", newest = ""] = paths[n] ?? [];
          const kindOf = `${isBars ? "bars" : "line"} ${tone}${isDashed ? " dashed" : ""}`;
          return (
            <g key={name}>
              <path class={kindOf} d={done} />
              <path class={isOpen ? `${kindOf} open` : kindOf} d={newest} />
            </g>
          );
        })}
        {drag.chosen && (
          <rect
            class="chosen"
            x={drag.chosen[0] * wide}
            width={(drag.chosen[1] - drag.chosen[0] + 1) * wide}
            height={HEIGHT}
          />
        )}
      </g>
    </svg>
  );
}

interface Drag {
  left: number;
  wide: number;
  last: number;
  move: (index: number | undefined) => void;
  zoom: ((from: number, to: number) => void) | undefined;
}

/** The pointer moves the cursor; pressed, it chooses a stretch. */
function useDrag({ left, wide, last, move, zoom }: Drag) {
  const [stretch, setStretch] = useState<readonly [from: number, to: number]>();
  const spanAt = (event: PointerEvent & { currentTarget: SVGElement }) => {
    const x = event.clientX - event.currentTarget.getBoundingClientRect().left - left;
    return Math.min(Math.max(Math.floor(x / wide), 0), last);
  };
  const chosen = stretch && ([Math.min(...stretch), Math.max(...stretch)] as const);
  const events = {
    onPointerMove(event: PointerEvent & { currentTarget: SVGElement }) {
      const here = spanAt(event);
      move(here);
      if (stretch) setStretch([stretch[0], here]);
    },
    onPointerDown(event: PointerEvent & { currentTarget: SVGElement }) {
      if (event.button !== 0 || !zoom) return;
      event.currentTarget.setPointerCapture(event.pointerId);
      setStretch([spanAt(event), spanAt(event)]);
    },
    onPointerUp() {
      setStretch(undefined);
      if (chosen && chosen[1] > chosen[0]) zoom?.(...chosen);
    },
    onPointerCancel: () => setStretch(undefined),
    onPointerLeave: () => stretch || move(undefined),
  };
  return { events, chosen: chosen && chosen[1] > chosen[0] ? chosen : undefined };
}
