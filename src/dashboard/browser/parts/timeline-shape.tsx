import { ICONS } from "./icons.tsx";
import type { Mark } from "./timeline-layout.ts";

/** Text of a place in SVG and CSS. */
export function percent(place: number): string {
  return `${(place * 100).toFixed(2)}%`;
}

const MIDDLE = 15;
const ENDS = { delivered: "check", dead: "dead", cancelled: "stop" } as const;

/** A mark as it is drawn: attempts by width, colour and shape; the end of a delivery by an icon. */
export function Shape({ mark: { kind, from, to, outcome = "" } }: { mark: Mark }) {
  const line = { x1: percent(from), x2: percent(to), y1: MIDDLE, y2: MIDDLE };
  const hit = <rect class="hit" x={percent(from)} width={percent(to - from)} y="4" height="22" />;
  switch (kind) {
    case "wait":
      return (
        <>
          {hit}
          <line class="wait" {...line} />
        </>
      );
    case "held":
      return (
        <>
          {hit}
          <line class="held" {...line} />
        </>
      );
    case "attempt":
    case "underWay":
      return (
        <>
          {hit}
          <rect
            class={`attempt ${outcome}`}
            x={percent(from)}
            width={percent(to - from)}
            y={outcome === "retry" ? 9 : 6}
            height={outcome === "retry" ? 12 : 18}
            rx="1"
          />
        </>
      );
    case "planned":
      return (
        <>
          <circle class="hit" cx={percent(from)} cy={MIDDLE} r="9" />
          <circle class="planned" cx={percent(from)} cy={MIDDLE} r="3.5" />
        </>
      );
    case "settled":
      return (
        // biome-ignore lint/a11y/noSvgWithoutTitle: the group around it has a name
        <svg x={percent(from)} y={MIDDLE - 8} class={`end ${outcome}`}>
          <circle cx="10" cy="8" r="9" />
          <path
            d={ICONS[ENDS[outcome as keyof typeof ENDS] ?? "check"]}
            transform="translate(4.4 2.4) scale(.7)"
          />
        </svg>
      );
  }
}
