import { useEffect, useId, useMemo, useRef, useState } from "preact/hooks";
import { w } from "../words/words.ts";
import type { Delivery, Message } from "./delivery.ts";
import { duration } from "./format.ts";
import { type Drawing, isTold, type Lane, layOut, type Mark, stopAfter } from "./timeline-layout.ts";
import { percent, Shape } from "./timeline-shape.tsx";
import { tell } from "./timeline-telling.ts";

interface Props {
  message: Message;
  nameOf: (endpoint: string) => string;
  now: number;
}

interface Told {
  /** Name of the mark in the whole drawing. */
  id: string;
  lane: number;
  mark: Mark;
  name: string;
  text: string;
}

/** The deliveries of a message, a lane for each, on one axis of time. The arrow keys move through them. */
export function Timeline({ message, nameOf, now }: Props) {
  const [isCompressed, setCompressed] = useState<boolean>();
  const [focused, setFocused] = useState<string>();
  const [pointed, setPointed] = useState<string>();
  const host = useRef<HTMLDivElement>(null);
  const heading = useId();
  const { drawing, told } = useMemo(() => {
    const drawing = layOut(message, now, isCompressed);
    return { drawing, told: toldIn(drawing, { message, nameOf, now }) };
  }, [message, nameOf, now, isCompressed]);
  const stop = told.find(({ id }) => id === focused);
  const shown = told.find(({ id }) => id === pointed) ?? stop;

  const focusOn = (one: Told | undefined) =>
    host.current?.querySelector<SVGElement>(`[data-mark="${CSS.escape(one?.id ?? "")}"]`)?.focus();
  useEffect(() => {
    if (focused === undefined || stop || document.activeElement !== document.body) return;
    // The mark that had the focus is over, and its lane goes on.
    focusOn(told.findLast(({ lane }) => String(lane) === focused.split("/")[0]));
  });
  const move = (event: KeyboardEvent) => {
    if (!stop) return;
    const ofLane = (lane: number) => told.filter((one) => one.lane === lane);
    const at = { lane: stop.lane, mark: ofLane(stop.lane).indexOf(stop) };
    const to = stopAfter(drawing.lanes, at, event.key);
    if (!to) return;
    event.preventDefault();
    focusOn(ofLane(to.lane)[to.mark]);
  };
  return (
    <figure class="panel timeline" aria-labelledby={heading}>
      <header>
        <h2 id={heading}>{w.timeline.title}</h2>
        {drawing.isFar && <Scale isCompressed={isCompressed ?? true} choose={setCompressed} />}
      </header>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the keys arrive from the marks in it */}
      <div class="lanes" ref={host} onKeyDown={move} onPointerLeave={() => setPointed(undefined)}>
        <Ticks drawing={drawing} />
        {drawing.lanes.map((lane, n) => (
          <DrawnLane
            key={lane.delivery.endpointId}
            lane={lane}
            now={drawing.now}
            name={nameOf(lane.delivery.endpointId)}
            told={told.filter((one) => one.lane === n)}
            stop={(stop ?? told[0])?.id}
            focus={(id) => {
              setFocused(id);
              setPointed(undefined);
            }}
            point={setPointed}
          />
        ))}
      </div>
      <p class="readout">
        {shown ? (
          <>
            <strong>{shown.name}</strong> · {shown.text}
          </>
        ) : (
          <span class="small">{w.timeline.hint}</span>
        )}
      </p>
      <details>
        <summary>{w.timeline.list}</summary>
        <ol class="told">
          {told
            .toSorted((one, other) => one.mark.since - other.mark.since)
            .map(({ id, name, text }) => (
              <li key={id}>
                {name}: {text}
              </li>
            ))}
        </ol>
      </details>
    </figure>
  );
}

function toldIn({ lanes }: Drawing<Delivery>, { message, nameOf, now }: Props): Told[] {
  return lanes.flatMap(({ delivery, marks }, lane) =>
    marks.filter(isTold).map((mark) => ({
      id: `${lane}/${mark.key}`,
      lane,
      mark,
      name: nameOf(delivery.endpointId),
      text: tell(mark, { delivery, message, now }),
    })),
  );
}

interface LaneProps {
  lane: Lane<Delivery>;
  name: string;
  now: number | undefined;
  told: readonly Told[];
  /** The mark that the tabulator stops at. */
  stop: string | undefined;
  focus: (id: string) => void;
  point: (id: string) => void;
}

function DrawnLane({ lane: { marks }, name, now, told, stop, focus, point }: LaneProps) {
  const last = marks.findLast(({ kind }) => kind === "planned");
  return (
    <div class="lane">
      <span class="name" title={name}>
        {name}
      </span>
      {/* biome-ignore lint/a11y/useSemanticElements: a drawing has no fieldset */}
      <svg role="group" aria-label={name}>
        {now !== undefined && <line class="now" x1={percent(now)} x2={percent(now)} y1="0" y2="100%" />}
        {last && now !== undefined && (
          <line class="dotted" x1={percent(now)} x2={percent(last.to)} y1="15" y2="15" />
        )}
        {marks
          .filter((mark) => !isTold(mark))
          .map((mark) => (
            <Shape key={mark.key} mark={mark} />
          ))}
        {told.map(({ id, mark, text }) => (
          // biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: it has a place among the keys' stops, and no action
          <g
            key={mark.key}
            role="img"
            aria-label={text}
            data-mark={id}
            tabindex={id === stop ? 0 : -1}
            onFocus={() => focus(id)}
            onPointerEnter={() => point(id)}
          >
            <Shape mark={mark} />
          </g>
        ))}
      </svg>
    </div>
  );
}

function Scale({ isCompressed, choose }: { isCompressed: boolean; choose: (isIt: boolean) => void }) {
  return (
    <fieldset class="segments">
      <legend class="unseen">{w.timeline.scale}</legend>
      {[true, false].map((one) => (
        <button
          key={String(one)}
          type="button"
          aria-pressed={one === isCompressed}
          onClick={() => choose(one)}
        >
          {one ? w.timeline.compressed : w.timeline.linear}
        </button>
      ))}
    </fieldset>
  );
}

function Ticks({ drawing: { ticks, now } }: { drawing: Drawing<Delivery> }) {
  return (
    <div class="ticks" aria-hidden="true">
      {ticks.map(({ place, ms, isAhead }) => (
        <span key={place} class={place > 0.9 ? "last" : ""} style={{ left: percent(place) }}>
          {isAhead ? `+${brief(ms)}` : brief(ms)}
        </span>
      ))}
      {now !== undefined && (
        <span class="now" style={{ left: percent(now) }}>
          {w.timeline.now}
        </span>
      )}
    </div>
  );
}

const MINUTE = 60_000;

/** A duration for a tick: without the smaller unit, unless that tells much of it. */
function brief(ms: number): string {
  const unit = [24 * 60 * MINUTE, 60 * MINUTE, MINUTE].find((one) => ms >= one) ?? 1;
  const whole = Math.round(ms / unit) * unit;
  return duration(Math.abs(whole - ms) < ms / 20 ? whole : ms);
}
