import { useReducer, useRef } from "preact/hooks";
import { usePlace } from "../router.ts";
import { w } from "../words/words.ts";
import { count } from "./format.ts";

/** Rows of a list that does not jump: those that came meanwhile wait behind a button. */
export interface Steady<T> {
  rows: readonly T[];
  /** How many came. */
  fresh: number;
  /** Lets them in. */
  show: () => void;
}

/**
 * Keeps a live list in its place. Rows that are shown follow their changes; newer ones are counted only. Other filters in the
 * address make another list.
 */
export function useSteady<T>(latest: readonly T[], keyOf: (row: T) => string): Steady<T> {
  const [, redraw] = useReducer((n: number, _: undefined) => n + 1, 0);
  const head = useRef<string | undefined>(undefined);
  const kept = useRef<readonly T[]>([]);
  const filters = usePlace().query.toString();
  const filtered = useRef(filters);
  if (filtered.current !== filters) head.current = undefined;
  filtered.current = filters;
  const first = latest[0];
  if (head.current === undefined && first !== undefined) head.current = keyOf(first);
  const at = latest.findIndex((row) => keyOf(row) === head.current);
  if (at >= 0) kept.current = latest.slice(at);
  else if (latest.length === 0) kept.current = [];
  const show = () => {
    head.current = undefined;
    redraw(undefined);
  };
  return { rows: kept.current, fresh: at < 0 ? latest.length : at, show };
}

/** The button that lets new rows in. */
export function FreshRows({ steady: { fresh, show } }: { steady: Steady<unknown> }) {
  return fresh === 0 ? null : (
    <button type="button" class="fresh" onClick={show}>
      {w.common.fresh(count(fresh))}
    </button>
  );
}
