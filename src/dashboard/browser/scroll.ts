import { newKey } from "./new-key.ts";
import { keptJson, ofTab } from "./storage.ts";

const STORED = "edge-outbox-scroll";
/** Time for which a page that is being read may grow until it is as long as it was. */
const PATIENCE_MS = 30_000;

/** By entry, in CSS pixels. */
const offsets = new Map<string, number>(keptOffsets());
let entry = "";
let moves = 0;
/** Offset that the current entry is being brought back to; undefined: it has it, or a person has moved on. */
let awaited: number | undefined;

function keptOffsets(): [string, number][] {
  return Object.entries(keptJson(ofTab, STORED) ?? {}).filter(([, offset]) => typeof offset === "number");
}

/** Answers false for an entry that nobody has been at before. */
function enter(): boolean {
  const { entry: known } = (history.state ?? {}) as { entry?: string };
  entry = known ?? newKey();
  if (known === undefined) history.replaceState({ entry }, "");
  return known !== undefined;
}

function leave(): void {
  offsets.set(entry, awaited ?? scrollY);
  awaited = undefined;
}

/** Adds an entry to the history, which begins at its top. */
export function pushEntry(href: string): void {
  leave();
  moves++;
  history.pushState({ entry: newKey() }, "", href);
  enter();
  scrollTo(0, 0);
}

/** Changes the address of the current entry, which keeps its offset. */
export function replaceEntry(href: string): void {
  history.replaceState(history.state, "", href);
}

/**
 * Keeps how far each entry of the history is scrolled, for the way back, forward and after a reload. A browser's own way
 * scrolls before the page has been drawn.
 */
export function keepScroll(): void {
  history.scrollRestoration = "manual";
  if (enter()) restore();
  addEventListener("popstate", () => {
    leave();
    if (enter()) restore();
  });
  addEventListener("pagehide", () => {
    leave();
    ofTab.set(STORED, JSON.stringify(Object.fromEntries(offsets)));
  });
}

function restore(): void {
  const wanted = offsets.get(entry) ?? 0;
  const move = ++moves;
  const until = performance.now() + PATIENCE_MS;
  awaited = wanted;
  const stop = () => {
    if (move !== moves) return;
    moves++;
    awaited = undefined;
  };
  addEventListener("wheel", stop, { once: true, passive: true });
  addEventListener("keydown", stop, { once: true });
  addEventListener("pointerdown", stop, { once: true });
  const step = () => {
    if (move !== moves) return;
    scrollTo(0, wanted);
    if (Math.abs(scrollY - wanted) > 1 && performance.now() < until) requestAnimationFrame(step);
    else awaited = undefined;
  };
  requestAnimationFrame(step);
}
