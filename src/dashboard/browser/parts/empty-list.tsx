import type { ComponentChildren } from "preact";
import { API_ROOT } from "../base.ts";
import { usePlace } from "../router.ts";
import { w } from "../words/words.ts";
import { clearFilters, type Filter } from "./filters.tsx";
import { Empty } from "./shown.tsx";

interface Props {
  title: string;
  filters: readonly Filter[];
  /** Cursor of the page that follows, if entries are left to look at. */
  next?: string | null;
  /** Shown when no filter is set: the next step. */
  children?: ComponentChildren;
}

/** A list without entries: because nothing matches, because they lie further back, or because there are none. */
export function EmptyList({ title, filters, next, children }: Props) {
  const { query } = usePlace();
  const isFiltered = filters.some(({ name }) => query.has(name));
  if (!isFiltered) return <Empty title={title}>{children}</Empty>;
  return (
    <Empty title={next ? w.dead.noneHere : w.dead.noneMatches}>
      <button type="button" onClick={() => clearFilters(filters)}>
        {w.common.clearFilters}
      </button>
    </Empty>
  );
}

/** The command that reads the list by the API. */
export function Curl({ path }: { path: string }) {
  return <pre>{`curl -H "authorization: Bearer $TOKEN" \\\n  ${API_ROOT}v1/${path}`}</pre>;
}
