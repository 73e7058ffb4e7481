import { limits } from "../platform/limits.ts";

/** Groups of an answer. */
export interface Groups<Group> {
  groups: Group[];
  /** True: every entry was counted, and every group is there. False: only the newest 10,000, or the largest 100 groups. */
  complete: boolean;
}

/** A row for each group; or one without an endpoint, for none. `looked`: number of entries counted. */
interface Counted {
  looked: number;
  endpoint_id: string | null;
}

/** Shows the groups of rows that hold one more than are shown, if there are more. */
export function groupsOf<Row extends Counted & { endpoint_id: string }, Group>(
  rows: readonly (Row | (Counted & { endpoint_id: null }))[],
  describe: (row: Row) => Group,
): Groups<Group> {
  const groups = rows.flatMap((row) => (row.endpoint_id === null ? [] : [describe(row)]));
  const countedAll = (rows[0]?.looked ?? 0) < limits.statsCounted;
  return {
    groups: groups.slice(0, limits.groupsShown),
    complete: countedAll && groups.length <= limits.groupsShown,
  };
}
