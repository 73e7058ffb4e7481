import { w } from "../words/words.ts";
import { clearFilters, type Filter } from "./filters.tsx";
import { Empty } from "./shown.tsx";

/** A list in which nothing is left by its filters. */
export function NoMatch({ title, filters }: { title: string; filters: readonly Filter[] }) {
  return (
    <Empty title={title}>
      <button type="button" onClick={() => clearFilters(filters)}>
        {w.common.clearFilters}
      </button>
    </Empty>
  );
}
