import type { Page } from "../domain/page.ts";

/**
 * A page of entries that no index finds. It looks at a bounded number of entries, in order. It may find less than a
 * page, or nothing, and then tells where it stopped.
 */
interface LookThrough {
  /** The columns of an entry's cursor, in the order of the list. */
  cursor: string;
  /** SELECT … ORDER BY: the entries to look at, from the cursor on. */
  entries: string;
  /** Joins and WHERE that choose the entries, as `entry`, for the page. */
  matching: string;
  order: string;
  /** Parameters of the number of entries to look at, and of the number wanted: one more than the page shows. */
  look: string;
  wanted: string;
}

/**
 * SQL: CTEs, the last of which is `page`: the cursors of matching entries, with `found` = 1; and, when too few
 * matched before the end of the list, the position of the last entry looked at, with `found` = 0.
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

/** Makes a page of the rows of `page`. The next one begins after its last entry, or after the last entry looked at. */
export function pageOfFound<Row extends { found: number }, Cursor>(
  rows: readonly Row[],
  limit: number,
  cursorOf: (row: Row) => Cursor,
): Page<Row, Cursor> {
  const found = rows.filter((row) => row.found === 1);
  const entries = found.slice(0, limit);
  const last = found.length > limit ? entries.at(-1) : rows.find((row) => row.found === 0);
  return { entries, next: last ? cursorOf(last) : null };
}
