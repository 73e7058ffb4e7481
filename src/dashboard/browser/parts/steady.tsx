import { useReducer, useRef } from "preact/hooks";
import { acted } from "../query.ts";
import { w } from "../words/words.ts";
import { count } from "./format.ts";

/** Rows of a list that does not jump: those that came meanwhile wait behind a button. */
interface Steady<T> {
  rows: readonly T[];
  /** How many came. */
  fresh: number;
  /** Lets them in. */
  show: () => void;
}

/**
 * Keeps a live list in its place. Rows that are shown follow their changes, and go when they are gone; newer ones are
 * counted only. Rows that newer ones have pushed off the end of the page stay. Other filters, and
 * actions, begin it anew.
 */
export function useSteady<T>(latest: readonly T[], keyOf: (row: T) => string): Steady<T> {
  const [, redraw] = useReducer((n: number, _: undefined) => n + 1, 0);
  const kept = useRef<readonly T[]>([]);
  const list = useRef("");
  const now = `${location.search} ${acted.times}`;
  if (list.current !== now) kept.current = [];
  list.current = now;
  const known = new Set(kept.current.map(keyOf));
  const found = known.size === 0 ? 0 : latest.findIndex((row) => known.has(keyOf(row)));
  if (found >= 0) kept.current = [...latest.slice(found), ...pushedOff(kept.current, latest, found, keyOf)];
  else if (latest.length === 0) kept.current = [];
  const show = () => {
    kept.current = [];
    redraw(undefined);
  };
  return { rows: kept.current, fresh: found < 0 ? latest.length : found, show };
}

/** The rows after the last one that both have, as many as newer ones can have pushed off. */
function pushedOff<T>(kept: readonly T[], latest: readonly T[], fresh: number, keyOf: (row: T) => string) {
  const last = latest.at(-1);
  const at = last === undefined ? -1 : kept.findIndex((row) => keyOf(row) === keyOf(last));
  return at < 0 ? [] : kept.slice(at + 1, at + 1 + fresh);
}

/** The button that lets new rows in. */
export function FreshRows({ steady: { fresh, show } }: { steady: Steady<unknown> }) {
  return fresh === 0 ? null : (
    <div class="fresh-rows">
      <button type="button" onClick={show}>
        {w.common.fresh(count(fresh))}
      </button>
    </div>
  );
}
