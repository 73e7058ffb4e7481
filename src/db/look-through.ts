/**
 * A page of what no index finds: it looks at so many entries, in their order, and no further. What it found may be less
 * than a page, or nothing: then it says where it stopped.
 */
interface LookThrough {
  /** The columns that are an entry's cursor, in the order of the list. */
  cursor: string;
  /** SELECT … ORDER BY: the entries that are looked at, from the cursor on. */
  entries: string;
  /** Joins and WHERE: which of them, as `entry`, belong on the page. */
  matching: string;
  order: string;
  /** The parameters that say how many entries are looked at, and how many are wanted: one more than the page shows. */
  look: string;
  wanted: string;
}

/**
 * SQL: CTEs, the last of which is `page`: the cursors of those that match, with `found` = 1; and, when fewer were found
 * than wanted, that of the last entry looked at, if the list was not at its end there, with `found` = 0.
 */
export function lookThrough({ cursor, entries, matching, order, look, wanted }: LookThrough): string {
  return `
    found AS MATERIALIZED (
      SELECT ${prefixed(cursor)} FROM (${entries} LIMIT ${look}) entry ${matching}
      ORDER BY ${prefixed(order)} LIMIT ${wanted}),
    page AS (
      SELECT 1 AS found, ${cursor} FROM found
      UNION ALL
      SELECT 0, ${cursor} FROM (${entries} LIMIT (SELECT count(*) < ${wanted} FROM found) OFFSET ${look} - 1))`;
}

function prefixed(columns: string): string {
  return columns
    .split(", ")
    .map((column) => `entry.${column}`)
    .join(", ");
}

/** What is shown of the rows of a `page`, and after which of them the next page begins; null when this is the last. */
export function pageOf<Row extends { found: number }>(
  rows: readonly Row[],
  limit: number,
): { shown: Row[]; last: Row | null } {
  const found = rows.filter((row) => row.found === 1);
  const shown = found.slice(0, limit);
  const last = found.length > limit ? shown.at(-1) : rows.find((row) => row.found === 0);
  return { shown, last: last ?? null };
}
