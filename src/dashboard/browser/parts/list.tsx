import type { ComponentChildren } from "preact";
import type { Reading } from "../query.ts";
import { usePlace } from "../router.ts";
import { w } from "../words/words.ts";
import type { Filter } from "./filters.tsx";
import { NoMatch } from "./no-match.tsx";
import { Empty, Shown } from "./shown.tsx";
import { FreshRows, useSteady } from "./steady.tsx";
import { Pager, Table, type TableOf } from "./table.tsx";

interface Props<T> extends Omit<TableOf<T>, "rows"> {
  reading: Reading<{ data: T[]; nextCursor: string | null }>;
  filters: readonly Filter[];
  /** Title of the list while it has never had an entry. */
  none: string;
  /** The one next step then. */
  children?: ComponentChildren;
}

/** A list that does not jump while it is live, with its pages, or its reason to be empty. */
export function List<T>({ reading, filters, none, children, ...table }: Props<T>) {
  const steady = useSteady(reading.data?.data ?? [], table.keyOf);
  return (
    <Shown reading={reading}>
      {({ data, nextCursor }) =>
        data.length === 0 ? (
          <Nothing {...{ none, filters }} next={nextCursor}>
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

/** An empty page of a list: so far, by its filters, or at first. */
export function Nothing({
  none,
  next,
  filters,
  children,
}: Pick<Props<never>, "none" | "filters" | "children"> & { next: string | null }) {
  const { query } = usePlace();
  if (next) {
    return (
      <Empty title={w.common.nothingSoFar}>
        <Pager next={next} />
      </Empty>
    );
  }
  return filters.some(({ name }) => query.has(name)) ? (
    <NoMatch title={w.common.noMatch} filters={filters} />
  ) : (
    <Empty title={none}>{children}</Empty>
  );
}
