import { useEffect, useRef, useState } from "preact/hooks";
import { visible } from "../../parts/format.ts";
import { w } from "../../words/words.ts";
import { differing, type Form, fieldsOf } from "./form.ts";

interface Props {
  mine: Form;
  /** Before either change. */
  base: Form;
  theirs: Form;
  isBusy: boolean;
  /** Told the fields that are to be as in mine. */
  onChosen: (names: readonly string[]) => void;
  onDiscard: () => void;
}

/** Two versions of an endpoint, field by field, for a choice between them. What only one has changed is chosen already. */
export function Conflict({ mine, base, theirs, isBusy, onChosen, onDiscard }: Props) {
  const changed = differing(mine, base);
  const names = differing(mine, theirs);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set(changed));
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const choice = (name: string, form: Form, isMine: boolean) => (
    <label class="tick">
      <input
        type="radio"
        name={`conflict-${name}`}
        checked={chosen.has(name) === isMine}
        onChange={() => {
          const next = new Set(chosen);
          if (isMine) next.add(name);
          else next.delete(name);
          setChosen(next);
        }}
      />
      <span>{textOf(fieldsOf(form)[name])}</span>
    </label>
  );
  return (
    <section class="conflict stack" aria-label={w.endpoints.conflict}>
      <h2 ref={heading} tabIndex={-1}>
        {w.endpoints.conflict}
      </h2>
      <p>{w.endpoints.conflictDetail}</p>
      <section class="scroll" aria-label={w.endpoints.versions} tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">{w.endpoints.field}</th>
              <th scope="col">{w.endpoints.mine}</th>
              <th scope="col">{w.endpoints.theirs}</th>
            </tr>
          </thead>
          <tbody>
            {names.map((name) => (
              <tr key={name}>
                <th scope="row">{w.endpoints.fields[name as keyof typeof w.endpoints.fields] ?? name}</th>
                <td data-name={w.endpoints.mine}>{choice(name, mine, true)}</td>
                <td data-name={w.endpoints.theirs}>{choice(name, theirs, false)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <div class="row">
        <button
          type="button"
          class="primary"
          disabled={isBusy}
          onClick={() => onChosen(names.filter((name) => chosen.has(name)))}
        >
          {w.endpoints.saveChosen}
        </button>
        <button type="button" disabled={isBusy} onClick={onDiscard}>
          {w.endpoints.discard}
        </button>
      </div>
    </section>
  );
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return w.endpoints.default;
  return visible(typeof value === "string" ? value : JSON.stringify(value));
}
