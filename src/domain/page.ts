/** A page of a list as it is asked for. `after`: the place where the page before ended. Defaults to the beginning of the list. */
export interface PageQuery<Place> {
  limit: number;
  after?: Place | undefined;
}

/** A page of a list. `next`: the place after which the next page begins; null when this is the last. */
export interface Page<Entry, Place> {
  entries: Entry[];
  next: Place | null;
}

/** A place in a list of which the newest come first. Of those made in the same millisecond the later id comes first. */
export interface CreatedPlace {
  createdAt: number;
  id: string;
}

/** Makes a page of its entries. `hasMore`: others follow, on a page after it. */
export function pageOf<Entry, Place>(
  entries: Entry[],
  hasMore: boolean,
  placeOf: (entry: Entry) => Place,
): Page<Entry, Place> {
  const last = entries.at(-1);
  return { entries, next: last !== undefined && hasMore ? placeOf(last) : null };
}

/** Makes a page of rows, of which one more was read than it may show. */
export function firstOf<Row, Place>(
  rows: readonly Row[],
  limit: number,
  placeOf: (row: Row) => Place,
): Page<Row, Place> {
  return pageOf(rows.slice(0, limit), rows.length > limit, placeOf);
}
