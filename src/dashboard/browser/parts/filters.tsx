import { useEffect, useRef, useState } from "preact/hooks";
import { setQuery, usePlace } from "../router.ts";
import { w } from "../words/words.ts";
import { exact, visible } from "./format.ts";
import { Icon } from "./icons.tsx";

/** A filter of a list. It stands in the address under its name. With options it is a choice, else a text or an instant. */
export interface Filter {
  name: string;
  label: string;
  options?: readonly { value: string; label: string }[];
  placeholder?: string;
  /** Texts offered while one types. */
  offers?: readonly string[];
  isInstant?: boolean;
  /** Characters that the values have, about. */
  size?: number;
}

/** Values of the filters, from the address. */
export function useFilters(filters: readonly Filter[]): Record<string, string | undefined> {
  const { query } = usePlace();
  return Object.fromEntries(filters.map(({ name }) => [name, query.get(name) ?? undefined]));
}

export function clearFilters(filters: readonly Filter[]): void {
  setQuery({ ...Object.fromEntries(filters.map(({ name }) => [name, undefined])), cursor: undefined });
}

/** So many filters are folded on a narrow screen, but for those that are set. */
const FEW = 4;

/** Filters of a list, each change of which starts the list anew. */
export function Filters({ filters }: { filters: readonly Filter[] }) {
  const { query } = usePlace();
  const [isOpen, setOpen] = useState(false);
  return (
    <search class={isOpen || filters.length < FEW ? "filters open" : "filters"}>
      <button type="button" class="unfold" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        {w.common.filters}
      </button>
      {filters.map((filter) => (
        <label key={filter.name} for={`filter-${filter.name}`} class={query.has(filter.name) ? "set" : ""}>
          <span>{filter.label}</span>
          {filter.options ? (
            <Choice {...filter} options={filter.options} />
          ) : filter.isInstant ? (
            <Instant {...filter} />
          ) : (
            <Text {...filter} />
          )}
        </label>
      ))}
      <Chips filters={filters.filter(({ name }) => query.has(name))} />
    </search>
  );
}

/** The filters in force, each of which can be taken away. The focus goes to the next one, or to the filter itself. */
function Chips({ filters }: { filters: readonly Filter[] }) {
  const { query } = usePlace();
  const list = useRef<HTMLUListElement>(null);
  if (filters.length === 0) return null;
  const remove = (name: string, n: number) => {
    const chips = [...(list.current?.querySelectorAll("button") ?? [])];
    focusFirst(chips[n + 1], chips[n - 1], ...fieldsOf(name));
    setQuery({ [name]: undefined, cursor: undefined });
  };
  return (
    <div class="row chips">
      <ul ref={list} aria-label={w.common.activeFilters}>
        {filters.map((filter, n) => (
          <li key={filter.name}>
            <button type="button" class="chip" onClick={() => remove(filter.name, n)}>
              <span class="unseen">{w.common.removeFilter} </span>
              <span class="cut">{`${filter.label}: ${shownValue(filter, query.get(filter.name) ?? "")}`}</span>
              <Icon name="cross" />
            </button>
          </li>
        ))}
      </ul>
      <button
        type="button"
        class="quiet"
        onClick={() => {
          focusFirst(...fieldsOf(filters[0]?.name ?? ""));
          clearFilters(filters);
        }}
      >
        <Icon name="cross" />
        {w.common.clearFilters}
      </button>
    </div>
  );
}

/** A filter's field; where it will be folded away, the button that unfolds all of them. */
function fieldsOf(name: string): (HTMLElement | null)[] {
  return [document.querySelector<HTMLElement>(".filters .unfold"), document.getElementById(`filter-${name}`)];
}

function focusFirst(...elements: (HTMLElement | null | undefined)[]): void {
  elements.find((one) => one?.checkVisibility())?.focus();
}

function shownValue({ options, isInstant }: Filter, value: string): string {
  const at = isInstant ? Date.parse(value) : Number.NaN;
  if (!Number.isNaN(at)) return exact(at);
  return options?.find((option) => option.value === value)?.label ?? visible(value);
}

function Choice({ name, options }: Filter & { options: readonly { value: string; label: string }[] }) {
  const value = usePlace().query.get(name) ?? "";
  return (
    <select
      id={`filter-${name}`}
      value={value}
      onChange={(event) => setQuery({ [name]: event.currentTarget.value, cursor: undefined })}
    >
      <option value="">{w.common.any}</option>
      {value !== "" && options.every((option) => option.value !== value) && (
        <option value={value}>{visible(value)}</option>
      )}
      {options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.label}
        </option>
      ))}
    </select>
  );
}

/** An instant of the reader's zone; in the address it is in UTC. */
function Instant({ name }: Filter) {
  const at = Date.parse(usePlace().query.get(name) ?? "");
  const local = Number.isNaN(at)
    ? ""
    : new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString();
  const change = (text: string) =>
    setQuery({ [name]: text && new Date(text).toISOString(), cursor: undefined });
  return (
    <input
      type="datetime-local"
      id={`filter-${name}`}
      value={local.slice(0, 16)}
      onChange={(event) => change(event.currentTarget.value)}
    />
  );
}

function Text({ name, placeholder, offers, size = 14 }: Filter) {
  const inAddress = usePlace().query.get(name) ?? "";
  const [text, setText] = useState(inAddress);
  useEffect(() => setText(inAddress), [inAddress]);
  const list = offers && `offers-${name}`;
  const apply = () => text.trim() !== inAddress && setQuery({ [name]: text.trim(), cursor: undefined });
  return (
    <>
      <input
        type="search"
        id={`filter-${name}`}
        value={text}
        placeholder={placeholder ?? ""}
        size={size}
        {...(list !== undefined && { list })}
        onInput={(event) => setText(event.currentTarget.value)}
        onBlur={apply}
        onKeyDown={(event) => event.key === "Enter" && apply()}
      />
      {list && (
        <datalist id={list}>
          {offers.map((offer) => (
            <option key={offer} value={offer} />
          ))}
        </datalist>
      )}
    </>
  );
}

/** The beginning of a time, for the filter "since", from the span in the address. */
export const SPANS = {
  "1h": 3_600_000,
  "6h": 21_600_000,
  "24h": 86_400_000,
  "7d": 604_800_000,
  "30d": 2_592_000_000,
};
type Span = keyof typeof SPANS;

/** The span in the address under `span`. */
export function useSpan(otherwise: Span = "24h"): Span {
  const given = usePlace().query.get("span");
  return given !== null && Object.hasOwn(SPANS, given) ? (given as Span) : otherwise;
}

/** A choice of the span that charts show. */
export function SpanChoice({ otherwise = "24h" }: { otherwise?: Span }) {
  const span = useSpan(otherwise);
  return (
    <fieldset class="segments">
      <legend class="unseen">{w.common.span}</legend>
      {Object.keys(SPANS).map((one) => (
        <button key={one} type="button" aria-pressed={one === span} onClick={() => setQuery({ span: one })}>
          {w.spans[one as Span]}
        </button>
      ))}
    </fieldset>
  );
}
