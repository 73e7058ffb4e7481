import { usePlace } from "../router.ts";
import { w } from "../words/words.ts";
import { Curl } from "./curl.tsx";
import type { Filter } from "./filters.tsx";
import { NoMatch } from "./no-match.tsx";
import { Empty } from "./shown.tsx";

interface Props {
  title: string;
  /** Told where no filter is set: how the list comes to have entries. */
  detail: string;
  /** Path of the list in the API. */
  path: string;
  filters: readonly Filter[];
  /** Cursor of the page that follows, if entries are left to look at. */
  next: string | null;
}

/** A list without entries: because nothing matches, because they lie further back, or because there are none. */
export function EmptyList({ title, detail, path, filters, next }: Props) {
  const { query } = usePlace();
  if (filters.some(({ name }) => query.has(name))) {
    return <NoMatch title={next ? w.dead.noneHere : w.dead.noneMatches} filters={filters} />;
  }
  return (
    <Empty title={title}>
      <p>{detail}</p>
      <Curl method="GET" path={path} />
    </Empty>
  );
}
