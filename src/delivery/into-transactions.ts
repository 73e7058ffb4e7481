import { limits } from "../platform/limits.ts";
import type { Verdict } from "./verdict.ts";

/** Bounds the announcements of one transaction, as each goes to many. The other verdicts go with the first. */
export function intoTransactions(verdicts: readonly Verdict[]): Verdict[][] {
  const announcing = verdicts.filter(({ announcement }) => announcement);
  if (announcing.length <= limits.announcementsPerSettling) return [[...verdicts]];
  const first = [
    ...verdicts.filter(({ announcement }) => !announcement),
    ...announcing.splice(0, limits.announcementsPerSettling),
  ];
  const others: Verdict[][] = [];
  while (announcing.length > 0) others.push(announcing.splice(0, limits.announcementsPerSettling));
  return [first, ...others];
}

/**
 * Verdicts that a full database mostly still takes, as they insert no row. A delivery that succeeded after it had failed
 * does insert one, which is seldom, and not known here.
 */
export function withoutNewRows(verdicts: readonly Verdict[]): Verdict[] {
  return verdicts.filter(
    ({ attempt, announcement, effects }) =>
      !announcement && !effects && (attempt === null || attempt.outcome === "delivered"),
  );
}
