/**
 * Query of a page. `after`: the position at which the previous page ended. Defaults to the beginning of the list.
 */
export interface PageQuery<Place> {
  limit: number;
  after?: Place | undefined;
}

/** A page of a list. `next`: the position after which the next page begins; null on the last page. */
export interface Page<Entry, Place> {
  entries: Entry[];
  next: Place | null;
}

/** A position in a list that is newest first. Within a millisecond, the later id comes first. */
export interface CreatedPlace {
  createdAt: number;
  id: string;
}

/** Makes a page from rows, one more of which was read than it may show. */
export function firstOf<Row, Place>(
  rows: readonly Row[],
  limit: number,
  placeOf: (row: Row) => Place,
): Page<Row, Place> {
  const entries = rows.slice(0, limit);
  const last = entries.at(-1);
  return { entries, next: last !== undefined && rows.length > limit ? placeOf(last) : null };
}
