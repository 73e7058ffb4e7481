import type { ComponentChildren } from "preact";
import { usePlace } from "../router.ts";
import { w } from "../words/words.ts";

/** A column of a table. `cell` is its content for a row; numbers stand at the right. */
export interface Column<T> {
  name: string;
  cell: (row: T) => ComponentChildren;
  isNumber?: boolean;
  /** True: its cells are actions, which say themselves what they are. */
  isAction?: boolean;
}

/** What a table shows. */
export interface TableOf<T> {
  /** Name of the table for those who do not see its heading. */
  label: string;
  rows: readonly T[];
  columns: readonly Column<T>[];
  keyOf: (row: T) => string;
  /** The page of a row. The first column's cell is the text of its link. */
  hrefOf?: ((row: T) => string | undefined) | undefined;
  selection?: Selection | undefined;
}

/** Keys of the rows that are selected. */
interface Selection {
  chosen: ReadonlySet<string>;
  choose: (chosen: ReadonlySet<string>) => void;
}

/** Rows in columns; on a narrow screen a card for each. A whole row is a link, with one stop of the tabulator. */
export function Table<T>({ label, rows, columns, keyOf, hrefOf, selection }: TableOf<T>) {
  const keys = rows.map(keyOf);
  const areAll = selection && keys.length > 0 && keys.every((key) => selection.chosen.has(key));
  return (
    <section class="scroll" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {selection && (
              <th class="choice">
                <input
                  type="checkbox"
                  aria-label={w.common.chooseAll}
                  checked={areAll === true}
                  onChange={(event) => selection.choose(new Set(event.currentTarget.checked ? keys : []))}
                />
              </th>
            )}
            {columns.map(({ name, isNumber, isAction }) => (
              <th key={name} scope="col" class={isNumber ? "number" : ""}>
                <span class={isAction ? "unseen" : undefined}>{name}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row key={keyOf(row)} {...{ row, columns, keyOf, hrefOf, selection }} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

type RowProps<T> = Pick<TableOf<T>, "columns" | "keyOf"> & {
  row: T;
  hrefOf: TableOf<T>["hrefOf"];
  selection: Selection | undefined;
};

function Row<T>({ row, columns, keyOf, hrefOf, selection }: RowProps<T>) {
  const key = keyOf(row);
  const href = hrefOf?.(row);
  return (
    <tr class={href ? "opens" : ""} data-row>
      {selection && (
        <td class="choice">
          <input
            type="checkbox"
            aria-label={w.common.choose(key)}
            checked={selection.chosen.has(key)}
            onChange={() => selection.choose(toggled(selection.chosen, key))}
          />
        </td>
      )}
      {columns.map(({ name, cell, isNumber, isAction }, n) => (
        <td key={name} data-name={isAction ? undefined : name} class={isNumber ? "number" : ""}>
          {n === 0 && href ? (
            <a class="opener" href={href}>
              {cell(row)}
            </a>
          ) : (
            cell(row)
          )}
        </td>
      ))}
    </tr>
  );
}

function toggled(chosen: ReadonlySet<string>, key: string): ReadonlySet<string> {
  const next = new Set(chosen);
  if (!next.delete(key)) next.add(key);
  return next;
}

/** Ways to the next page of a list, and back to its newest. The cursor stands in the address. */
export function Pager({ next }: { next: string | null | undefined }) {
  const { query } = usePlace();
  const isLater = query.has("cursor");
  if (!isLater && !next) return null;
  const to = (cursor: string | undefined) => {
    const url = new URL(location.href);
    if (cursor === undefined) url.searchParams.delete("cursor");
    else url.searchParams.set("cursor", cursor);
    return url.href;
  };
  return (
    <nav class="pager" aria-label={w.common.pages}>
      {isLater && <a href={to(undefined)}>{w.common.newest}</a>}
      {next && (
        <a href={to(next)} rel="next">
          {w.common.older}
        </a>
      )}
    </nav>
  );
}
