import { useState } from "preact/hooks";
import { ExactNumber } from "../api.ts";
import { w } from "../words/words.ts";
import { Copy } from "./copy.tsx";
import { visible } from "./format.ts";

/** Larger values are shown as text, on request. */
const TREE_LENGTH = 100_000;
/** Entries of a list or an object that are drawn at first. */
const ENTRIES = 100;

/** A JSON value as a tree whose parts fold, with a search in it and its text to copy. Digits are as they were sent. */
export function Json({ value, label }: { value: unknown; label: string }) {
  const text = JSON.stringify(value, null, 2) ?? "null";
  const [wanted, setWanted] = useState("");
  const [asText, setAsText] = useState(false);
  const isLarge = text.length > TREE_LENGTH;
  return (
    <div class="json">
      <div class="bar">
        {!asText && !isLarge && (
          <input
            type="search"
            aria-label={w.common.searchIn(label)}
            placeholder={w.common.searchIn(label)}
            value={wanted}
            onInput={(event) => setWanted(event.currentTarget.value)}
          />
        )}
        <button type="button" class="quiet" aria-pressed={asText} onClick={() => setAsText(!asText)}>
          {w.common.raw}
        </button>
        <Copy text={text} of={label} word />
      </div>
      {asText ? (
        <pre tabIndex={0}>{visible(text)}</pre>
      ) : isLarge ? (
        <p class="small">{w.common.largeJson}</p>
      ) : (
        <div class="tree">
          <Value value={value} wanted={wanted.toLowerCase()} depth={0} />
        </div>
      )}
    </div>
  );
}

interface NodeProps {
  value: unknown;
  wanted: string;
  depth: number;
  name?: string;
}

function Value({ value, wanted, depth, name }: NodeProps) {
  const key = name === undefined ? null : <Found text={JSON.stringify(name)} wanted={wanted} kind="key" />;
  const isBranch = typeof value === "object" && value !== null && !(value instanceof ExactNumber);
  if (!isBranch) {
    const kind = typeof value === "string" ? "string" : "literal";
    return (
      <div class="leaf">
        {key}
        {key && ": "}
        <Found text={textOf(value)} wanted={wanted} kind={kind} />
      </div>
    );
  }
  return <Branch {...{ wanted, depth, label: key }} of={value} />;
}

function Branch({
  of,
  wanted,
  depth,
  label,
}: {
  of: object;
  wanted: string;
  depth: number;
  label: preact.ComponentChild;
}) {
  const [shown, setShown] = useState(ENTRIES);
  const isList = Array.isArray(of);
  const entries = Object.entries(of);
  // What is found among those that are not drawn yet is drawn, too.
  const hidden = entries.slice(wanted === "" ? entries.length : shown).filter(([name, value]) =>
    JSON.stringify(isList ? value : { [name]: value })
      .toLowerCase()
      .includes(wanted),
  );
  const [open, close] = isList ? ["[", "]"] : ["{", "}"];
  return (
    <details open={depth < 3 || wanted !== ""}>
      <summary>
        {label}
        {label && ": "}
        {open} <span class="small">{w.common.entries(entries.length)}</span> {close}
      </summary>
      {[...entries.slice(0, shown), ...hidden.slice(0, ENTRIES)].map(([name, value]) => (
        <Value key={name} {...{ value, wanted, depth: depth + 1, ...(!isList && { name }) }} />
      ))}
      {entries.length > shown && (
        <button type="button" class="quiet" onClick={() => setShown(shown + ENTRIES)}>
          {w.common.more}
        </button>
      )}
    </details>
  );
}

function textOf(value: unknown): string {
  return value instanceof ExactNumber ? value.source : JSON.stringify(value);
}

function Found({ text, wanted, kind }: { text: string; wanted: string; kind: string }) {
  const at = wanted === "" ? -1 : text.toLowerCase().indexOf(wanted);
  if (at < 0) return <span class={kind}>{visible(text)}</span>;
  return (
    <span class={kind}>
      {visible(text.slice(0, at))}
      <mark>{visible(text.slice(at, at + wanted.length))}</mark>
      {visible(text.slice(at + wanted.length))}
    </span>
  );
}
