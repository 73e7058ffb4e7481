import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import type { Problem } from "../api.ts";
import { w } from "../words/words.ts";
import { say } from "./said.tsx";

interface FieldProps {
  label: string;
  /** Path of the field in the API, whose complaints stand beside it. */
  path?: string;
  hint?: ComponentChildren;
  problem?: Problem | undefined;
}
interface ControlProps {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": boolean;
}

/** A labelled control, with a hint and with what the API says of it. */
export function Field({
  label,
  path,
  hint,
  problem,
  children,
}: FieldProps & { children: (control: ControlProps) => ComponentChildren }) {
  const id = useId();
  const wrong = complaintsAbout(path, problem);
  const described = [hint ? `${id}-hint` : "", wrong.length > 0 ? `${id}-wrong` : ""]
    .filter(Boolean)
    .join(" ");
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, "aria-describedby": described || undefined, "aria-invalid": wrong.length > 0 })}
      {hint && (
        <p id={`${id}-hint`} class="small">
          {hint}
        </p>
      )}
      <Wrong {...{ path, wrong }} id={`${id}-wrong`} />
    </div>
  );
}

/** Several controls under one name. */
export function FieldGroup({
  label,
  path,
  hint,
  problem,
  children,
}: FieldProps & { children: ComponentChildren }) {
  const id = useId();
  const wrong = complaintsAbout(path, problem);
  return (
    <fieldset class="field" aria-describedby={wrong.length > 0 ? id : undefined}>
      <legend>{label}</legend>
      {hint && <p class="small">{hint}</p>}
      {children}
      <Wrong {...{ id, path, wrong }} />
    </fieldset>
  );
}

interface WrongProps {
  id: string;
  path: string | undefined;
  wrong: Problem["fields"];
}

function Wrong({ id, path, wrong }: WrongProps) {
  return wrong.length === 0 ? null : (
    <p id={id} class="wrong">
      {wrong.map((one) => (one.path === path ? one.message : `${one.path}: ${one.message}`)).join("; ")}
    </p>
  );
}

/** What the API says of a field, or of the parts of it. */
export function complaintsAbout(path: string | undefined, problem: Problem | undefined): Problem["fields"] {
  return problem?.fields.filter((field) => path !== undefined && isOf(field.path, path)) ?? [];
}

function isOf(found: string, path: string): boolean {
  return found === path || found.startsWith(`${path}[`) || found.startsWith(`${path}.`);
}

type TextProps = FieldProps & {
  value: string;
  onValue: (value: string) => void;
  rows?: number;
  /** True: its text is one for programs. */
  isCode?: boolean;
  type?: string;
  required?: boolean;
  placeholder?: string;
  autocomplete?: string;
};

/** A field for text: of one line, or of several with `rows`. */
export function TextField({
  value,
  onValue,
  rows,
  isCode,
  type = "text",
  required,
  placeholder,
  autocomplete = "off",
  ...field
}: TextProps) {
  return (
    <Field {...field}>
      {(control) =>
        rows === undefined ? (
          <input
            {...control}
            type={type as "password"}
            {...{ value, required, placeholder, autocomplete }}
            spellcheck={false}
            onInput={(event) => onValue(event.currentTarget.value)}
          />
        ) : (
          <textarea
            {...control}
            class={isCode ? "mono" : ""}
            {...{ value, rows, required, placeholder }}
            spellcheck={false}
            onInput={(event) => onValue(event.currentTarget.value)}
          />
        )
      }
    </Field>
  );
}

type SelectProps = FieldProps & {
  value: string;
  onValue: (value: string) => void;
  options: readonly { value: string; label: string }[];
};

/** A field for one of several values. */
export function SelectField({ value, onValue, options, ...field }: SelectProps) {
  return (
    <Field {...field}>
      {(control) => (
        <select {...control} value={value} onChange={(event) => onValue(event.currentTarget.value)}>
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** A box to tick, with its words beside it. */
export function Tick({
  label,
  checked,
  onChecked,
}: {
  label: ComponentChildren;
  checked: boolean;
  onChecked: (checked: boolean) => void;
}) {
  return (
    <label class="tick">
      <input type="checkbox" checked={checked} onChange={(event) => onChecked(event.currentTarget.checked)} />
      <span>{label}</span>
    </label>
  );
}

/** The button that sends a form. `refused`: reason why it cannot be sent now: the button stays, and says so. */
export function Submit({
  isBusy,
  refused,
  children,
}: {
  isBusy: boolean;
  refused: string | undefined;
  children: ComponentChildren;
}) {
  return (
    <button
      type="submit"
      class="primary"
      disabled={isBusy}
      aria-disabled={refused !== undefined}
      title={refused}
      onClick={(event) => {
        if (refused === undefined) return;
        event.preventDefault();
        say(refused);
      }}
    >
      {isBusy ? w.common.working : children}
    </button>
  );
}
