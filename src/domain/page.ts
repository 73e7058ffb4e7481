/** Request of a page. `after`: cursor at the end of the previous page. Defaults to the beginning of the list. */
export interface PageRequest<Cursor> {
  limit: number;
  after?: Cursor | undefined;
}

/** A page of a list. `next`: cursor after which the next page begins; null on the last page. */
export interface Page<Entry, Cursor> {
  entries: Entry[];
  next: Cursor | null;
}

/** Cursor in a list with the newest entries first. Within a millisecond the later id comes first. */
export interface CreatedCursor {
  createdAt: number;
  id: string;
}

/** Makes a page of its entries. `hasMore`: entries follow on a later page. */
export function pageOf<Entry, Cursor>(
  entries: Entry[],
  hasMore: boolean,
  cursorOf: (entry: Entry) => Cursor,
): Page<Entry, Cursor> {
  const last = entries.at(-1);
  return { entries, next: last !== undefined && hasMore ? cursorOf(last) : null };
}

/** Makes a page of its rows, and of one more if the list goes on. */
export function pageOfFirst<Row, Cursor>(
  rows: readonly Row[],
  limit: number,
  cursorOf: (row: Row) => Cursor,
): Page<Row, Cursor> {
  return pageOf(rows.slice(0, limit), rows.length > limit, cursorOf);
}
