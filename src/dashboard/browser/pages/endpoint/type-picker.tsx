import { useState } from "preact/hooks";
import type { Problem } from "../../api.ts";
import { SYSTEM_EVENTS } from "../../constants.gen.ts";
import { useEventTypes } from "../../parts/event-types.ts";
import { FieldGroup, Tick } from "../../parts/fields.tsx";
import { visible } from "../../parts/format.ts";
import { w } from "../../words/words.ts";
import { type TypeNode, typesOf, typeTree } from "./type-tree.ts";

interface Props {
  tenant: string;
  /** Null: every event type. */
  value: readonly string[] | null;
  onValue: (value: readonly string[] | null) => void;
  problem: Problem | undefined;
}

/** A choice of event types: all, or some of those that the tenant has defined, and any other by its name. */
export function TypePicker({ tenant, value, onValue, problem }: Props) {
  const choice = (isAll: boolean, label: string) => (
    <label class="tick">
      <input
        type="radio"
        name="event-types"
        checked={(value === null) === isAll}
        onChange={() => onValue(isAll ? null : [])}
      />
      <span>{label}</span>
    </label>
  );
  return (
    <FieldGroup label={w.nav.types} path="eventTypes" problem={problem}>
      <div>
        {choice(true, w.endpoints.everyType)}
        {choice(false, w.endpoints.onlyThese)}
      </div>
      {value !== null && <Choices tenant={tenant} chosen={new Set(value)} onValue={onValue} />}
    </FieldGroup>
  );
}

function Choices({
  tenant,
  chosen,
  onValue,
}: {
  tenant: string;
  chosen: ReadonlySet<string>;
  onValue: (value: readonly string[]) => void;
}) {
  const defined = useEventTypes(tenant).map(({ name }) => name);
  const [text, setText] = useState("");
  const wanted = text.trim();
  const all = [...new Set([...defined, ...chosen])].filter((name) => !SYSTEM_EVENTS.includes(name));
  const found = (names: readonly string[]) =>
    typeTree(names.filter((name) => name.toLowerCase().includes(wanted.toLowerCase())));
  const add = () => {
    if (wanted !== "") onValue([...new Set([...chosen, wanted])]);
    setText("");
  };
  const toggle = (names: readonly string[], isOn: boolean) => {
    const rest = [...chosen].filter((name) => !names.includes(name));
    onValue(isOn ? [...rest, ...names] : rest);
  };
  return (
    <div class="picker">
      <div class="row">
        <input
          type="search"
          aria-label={w.endpoints.searchTypes}
          placeholder={w.endpoints.searchTypes}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter") return;
            event.preventDefault();
            add();
          }}
        />
        <button type="button" disabled={wanted === "" || chosen.has(wanted)} onClick={add}>
          {w.endpoints.addType}
        </button>
      </div>
      {defined.length === 0 && <p class="small">{w.endpoints.noTypes}</p>}
      <section class="scroll short" aria-label={w.nav.types} tabIndex={0}>
        <Branches nodes={found(all)} {...{ chosen, toggle }} />
        <details open={SYSTEM_EVENTS.some((name) => chosen.has(name))}>
          <summary>{w.endpoints.systemTypes}</summary>
          <Branches nodes={found(SYSTEM_EVENTS)} {...{ chosen, toggle }} />
        </details>
      </section>
      <p class="small" role="status">
        {w.endpoints.chosenTypes(chosen.size)}
      </p>
    </div>
  );
}

interface BranchesProps {
  nodes: readonly TypeNode[];
  chosen: ReadonlySet<string>;
  toggle: (names: readonly string[], isOn: boolean) => void;
}

function Branches({ nodes, chosen, toggle }: BranchesProps) {
  return (
    <ul class="branches">
      {nodes.map((node) => (
        <Branch key={node.path} {...{ node, chosen, toggle }} />
      ))}
    </ul>
  );
}

function Branch({ node, chosen, toggle }: Omit<BranchesProps, "nodes"> & { node: TypeNode }) {
  const isLeaf = node.under.length === 0;
  const all = typesOf(node);
  return (
    <li>
      <Tick
        label={isLeaf ? visible(node.path) : w.endpoints.allUnder(visible(node.path))}
        checked={all.every((name) => chosen.has(name))}
        onChecked={(isOn) => toggle(all, isOn)}
      />
      {!isLeaf && (
        <>
          {node.isType && (
            <ul class="branches">
              <Branch node={{ ...node, under: [] }} {...{ chosen, toggle }} />
            </ul>
          )}
          <Branches nodes={node.under} {...{ chosen, toggle }} />
        </>
      )}
    </li>
  );
}
