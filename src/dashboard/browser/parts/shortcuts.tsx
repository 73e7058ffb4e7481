import { useEffect, useReducer, useRef } from "preact/hooks";
import { live } from "../live.ts";
import { go } from "../router.ts";
import { ofBrowser } from "../storage.ts";
import { w } from "../words/words.ts";
import { Dialog } from "./dialog.tsx";
import { Tick } from "./fields.tsx";
import type { Entry } from "./nav.ts";
import { rowMove } from "./rows.ts";
import { say } from "./said.tsx";
import { chooseTheme, chosenTheme, THEMES } from "./theme.ts";

/** Parts of the frame that keys open. */
interface Opened {
  palette(): void;
  sheet(): void;
}

const STORED = "edge-outbox-shortcuts";
/** A second key that comes later than this stands for itself. */
const SEQUENCE_MS = 1500;

const areOn = () => ofBrowser.get(STORED) !== "off";

/** Listens for the shortcuts of the frame, while they are switched on. */
export function useShortcuts(entries: readonly Entry[], opened: Opened): void {
  const goesUntil = useRef(0);
  useEffect(() => {
    const meaning = ({ key, timeStamp }: KeyboardEvent) => {
      const place = timeStamp < goesUntil.current ? entries.find((one) => one.key === key) : undefined;
      if (place) return () => go(place.href);
      return key === "g" ? waitForPlace : single(key, opened);
    };
    const press = (event: KeyboardEvent) => {
      if (isCovered()) return;
      const act = isSearchKey(event) ? opened.palette : isShortcut(event) && meaning(event);
      goesUntil.current = act === waitForPlace ? event.timeStamp + SEQUENCE_MS : 0;
      if (!act) return;
      event.preventDefault();
      act();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  });
}

/** The next key names a place. */
function waitForPlace(): void {}

function isShortcut(event: KeyboardEvent): boolean {
  return !event.ctrlKey && !event.metaKey && !event.altKey && areOn() && !isTyping(event);
}

function isSearchKey({ key, ctrlKey, metaKey, shiftKey, altKey }: KeyboardEvent): boolean {
  return key.toLowerCase() === "k" && (ctrlKey || metaKey) && !shiftKey && !altKey;
}

/** The meaning of a single key, if it has one. */
function single(key: string, opened: Opened): (() => void) | undefined {
  const meanings: Record<string, () => void> = {
    "/": opened.palette,
    "?": opened.sheet,
    r: pressReplay,
    p: togglePause,
    t: nextTheme,
  };
  return meanings[key] ?? rowMove(key);
}

/** Presses the button of the row that has the focus, or the first one of the page. */
function pressReplay(): void {
  const wanted = '[aria-keyshortcuts="r"]';
  const row = document.activeElement?.closest("tr");
  const button =
    row?.querySelector<HTMLElement>(wanted) ?? document.querySelector<HTMLElement>(`main ${wanted}`);
  if (button) button.click();
  else say(w.frame.noReplay);
}

function togglePause(): void {
  live.pace = live.pace === "off" ? "live" : "off";
  say(w.frame.paceIs(w.paces[live.pace]));
}

function nextTheme(): void {
  const next = THEMES[(THEMES.indexOf(chosenTheme()) + 1) % THEMES.length] ?? "system";
  chooseTheme(next);
  say(w.frame.themeIs(w.themes[next]));
}

function isTyping({ target }: KeyboardEvent): boolean {
  const field = (target as Element | null)?.closest?.("input, textarea, select, [contenteditable]");
  return field instanceof HTMLElement && !field.matches('[type="checkbox"], [type="radio"]');
}

function isCovered(): boolean {
  return document.querySelector("dialog[open], :popover-open") !== null;
}

/** All shortcuts, with the switch that turns them off. */
export function ShortcutSheet({ entries, onClose }: { entries: readonly Entry[]; onClose: () => void }) {
  const [, redraw] = useReducer((n: number, _: undefined) => n + 1, 0);
  const k = w.frame.keys;
  const keys: readonly (readonly [string, ...string[]])[] = [
    [k.search, "/", "Ctrl K"],
    ...entries.filter(({ key }) => key).map(({ name, key = "" }) => [name, `g ${key}`] as const),
    [k.rows, "j", "k"],
    [k.open, "Enter"],
    [k.choose, "x"],
    [k.leave, "Esc"],
    [k.replay, "r"],
    [k.pause, "p"],
    [k.theme, "t"],
    [k.sheet, "?"],
  ];
  return (
    <Dialog title={w.frame.shortcuts} onClose={onClose}>
      <div class="body">
        <Tick
          label={w.frame.shortcutsOn}
          checked={areOn()}
          onChecked={(isOn) => {
            ofBrowser.set(STORED, isOn ? "on" : "off");
            redraw(undefined);
          }}
        />
        <p class="small">{w.frame.shortcutsNote}</p>
        <dl class="lines keys">
          {keys.map(([name, ...given]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>
                {given.map((one) => (
                  <kbd key={one}>{one}</kbd>
                ))}
              </dd>
            </div>
          ))}
        </dl>
      </div>
    </Dialog>
  );
}
