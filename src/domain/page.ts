/** A page of a list as it is asked for. `after`: the cursor where the page before ended. Defaults to the beginning of the list. */
export interface PageQuery<Cursor> {
  limit: number;
  after?: Cursor | undefined;
}

/** A page of a list. `next`: the cursor after which the next page begins; null when this is the last. */
export interface Page<Entry, Cursor> {
  entries: Entry[];
  next: Cursor | null;
}

/** A cursor in a list of which the newest come first. Of those made in the same millisecond the later id comes first. */
export interface CreatedCursor {
  createdAt: number;
  id: string;
}

/** Makes a page of its entries. `hasMore`: others follow, on a page after it. */
export function pageOf<Entry, Cursor>(
  entries: Entry[],
  hasMore: boolean,
  cursorOf: (entry: Entry) => Cursor,
): Page<Entry, Cursor> {
  const last = entries.at(-1);
  return { entries, next: last !== undefined && hasMore ? cursorOf(last) : null };
}

/** Makes a page of rows, of which one more was read than it may show. */
export function pageOfFirst<Row, Cursor>(
  rows: readonly Row[],
  limit: number,
  cursorOf: (row: Row) => Cursor,
): Page<Row, Cursor> {
  return pageOf(rows.slice(0, limit), rows.length > limit, cursorOf);
}
