import type { ComponentChildren } from "preact";
import type { Reading } from "../query.ts";
import { setQuery, usePlace } from "../router.ts";
import { w } from "../words/words.ts";
import { Empty, Shown } from "./shown.tsx";
import { FreshRows, useSteady } from "./steady.tsx";
import { Pager, Table, type TableOf } from "./table.tsx";

interface Props<T> extends Omit<TableOf<T>, "rows"> {
  reading: Reading<{ data: T[]; nextCursor: string | null }>;
  /** Title of the list while it has never had an entry. */
  none: string;
  /** The one next step then. */
  children?: ComponentChildren;
}

/** A list that does not jump while it is live, with its pages, or its reason to be empty. */
export function List<T>({ reading, none, children, ...table }: Props<T>) {
  const steady = useSteady(reading.data?.data ?? [], table.keyOf);
  return (
    <Shown reading={reading}>
      {({ data, nextCursor }) =>
        data.length === 0 ? (
          <Nothing none={none} next={nextCursor}>
            {children}
          </Nothing>
        ) : (
          <>
            <FreshRows steady={steady} />
            <Table {...table} rows={steady.rows} />
            <Pager next={nextCursor} />
          </>
        )
      }
    </Shown>
  );
}

interface NothingProps {
  none: string;
  /** Cursor of the next page, which may have something. */
  next: string | null;
  children: ComponentChildren;
}

/** An empty page of a list: so far, by its filters, or at first. */
function Nothing({ none, next, children }: NothingProps) {
  const { query } = usePlace();
  if (next) {
    return (
      <Empty title={w.common.nothingSoFar}>
        <Pager next={next} />
      </Empty>
    );
  }
  const names = [...query.keys()];
  if (names.length === 0) return <Empty title={none}>{children}</Empty>;
  return (
    <Empty title={w.common.noMatch}>
      <button
        type="button"
        onClick={() => setQuery(Object.fromEntries(names.map((name) => [name, undefined])))}
      >
        {w.common.clearFilters}
      </button>
    </Empty>
  );
}
