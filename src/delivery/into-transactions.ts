import { limits } from "../platform/limits.ts";
import type { Verdict } from "./verdict.ts";

/**
 * Splits verdicts into transactions with a bounded number of announcements, as each goes to many endpoints. The other
 * verdicts go with the first transaction.
 */
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
 * Verdicts that a full database mostly still takes, because they insert no row. A success after failures does insert
 * one, but is rare, and not known here.
 */
export function withoutNewRows(verdicts: readonly Verdict[]): Verdict[] {
  return verdicts.filter(
    ({ attempt, announcement, effects }) =>
      !announcement && !effects && (attempt === null || attempt.outcome === "delivered"),
  );
}
