/** Layout of a timeline: its lanes on one axis of time, and the ways of the keys through them. Pure. */

import { compressed, linear } from "./timeline-axis.ts";
import { type DeliveryFacts, type MessageFacts, type Stretch, stretchesOf } from "./timeline-marks.ts";

/** A stretch with its place, from 0 at the commit to 1 at the right edge. */
export interface Mark extends Stretch {
  from: number;
  to: number;
}
export interface Lane<D> {
  delivery: D;
  marks: readonly Mark[];
}
interface Tick {
  place: number;
  /** Milliseconds since the commit; of a tick to come: from now. */
  ms: number;
  isAhead: boolean;
}
export interface Drawing<D> {
  lanes: readonly Lane<D>[];
  ticks: readonly Tick[];
  /** Place of the current instant; undefined: all is settled. */
  now: number | undefined;
  /** The attempts lie so far apart that a linear axis would show points. */
  isFar: boolean;
}

/** Share of the width for what is planned. */
const AHEAD = 0.28;
const EDGE = 0.02;
/** Attempts lie far apart if all together take this many times as long as the longest of them. */
const FAR = 100;

/**
 * Lays out the lanes of a message. Plans have a part of the width to themselves, so that they do not press the past
 * together.
 * @param isCompressed gaps without any activity are drawn short. Defaults to doing so when attempts lie far apart.
 */
export function layOut<D extends DeliveryFacts>(
  message: MessageFacts & { deliveries: readonly D[] },
  now: number,
  isCompressed?: boolean,
): Drawing<D> {
  const begin = Date.parse(message.committedAt);
  const lanes = message.deliveries.map((delivery) => stretchesOf(message, delivery, now));
  const all = lanes.flat();
  const planned = all.filter(({ kind }) => kind === "planned").map(({ since }) => since);
  const busy = all.filter(({ kind }) => kind === "attempt" || kind === "settled");
  const isOpen = all.some(({ isNow }) => isNow);
  const end = most(
    begin + 1,
    all.map(({ kind, until }) => (kind === "planned" ? 0 : until)),
  );
  const longest = most(
    1,
    busy.map(({ since, until }) => until - since),
  );
  const isFar = busy.length > 0 && end - begin > FAR * longest;
  const axis =
    (isCompressed ?? isFar)
      ? compressed(
          busy.map(({ since, until }) => [since, until]),
          begin,
          end,
        )
      : linear(begin, end);
  const coming = compressed(
    planned.map((at) => [at, at]),
    end,
    most(end + 1, planned),
  );
  const width = 1 - EDGE - (planned.length > 0 ? AHEAD : isOpen ? EDGE : 0);
  const place = (at: number) => (at > end ? width + coming.place(at) * AHEAD : axis.place(at) * width);
  const ticks = [
    ...axis.knots.map((at) => ({ place: place(at), ms: at - begin, isAhead: false })),
    ...coming.knots.filter((at) => at > end).map((at) => ({ place: place(at), ms: at - end, isAhead: true })),
  ];
  return {
    lanes: message.deliveries.map((delivery, n) => ({
      delivery,
      marks: (lanes[n] ?? []).map((mark) => ({ ...mark, from: place(mark.since), to: place(mark.until) })),
    })),
    ticks: apart(ticks, isOpen ? width : undefined),
    now: isOpen ? width : undefined,
    isFar,
  };
}

function most(least: number, values: readonly number[]): number {
  return values.reduce((one, other) => Math.max(one, other), least);
}

const TICKS_APART = 0.13;

/** Ticks whose words have room beside one another, and beside the mark of the current instant. */
function apart(ticks: readonly Tick[], now: number | undefined): Tick[] {
  const kept: Tick[] = [];
  for (const tick of ticks) {
    const before = kept.at(-1)?.place ?? -1;
    const isClear = now === undefined || Math.abs(tick.place - now) >= TICKS_APART / 2;
    if (tick.place - before >= TICKS_APART && isClear) kept.push(tick);
  }
  return kept;
}

/** Reports whether a mark is told in words. Waits of the past are not: their cause is not on record. */
export function isTold({ kind, isNow }: Stretch): boolean {
  return kind !== "wait" || isNow === true;
}

/** Place of a told mark: its lane, and its position among the told marks of the lane. */
interface Stop {
  lane: number;
  mark: number;
}

/** The mark that a key leads to from another: along the lane, or to the nearest of the lane above or below. */
export function stopAfter(
  lanes: readonly Lane<unknown>[],
  { lane, mark }: Stop,
  key: string,
): Stop | undefined {
  const told = (n: number) => lanes[n]?.marks.filter(isTold) ?? [];
  const here = told(lane);
  const along = { ArrowLeft: mark - 1, ArrowRight: mark + 1, Home: 0, End: here.length - 1 }[key];
  if (along !== undefined) return { lane, mark: Math.min(Math.max(along, 0), here.length - 1) };
  const step = { ArrowUp: -1, ArrowDown: 1 }[key];
  const other = step === undefined ? [] : told(lane + step);
  if (step === undefined || other.length === 0) return undefined;
  const from = here[mark]?.from ?? 0;
  const distances = other.map((one) => Math.abs(one.from - from));
  return { lane: lane + step, mark: distances.indexOf(Math.min(...distances)) };
}
