import { limits } from "../platform/limits.ts";
import type { Verdict } from "./verdict.ts";

/** Bounds the announcements of one transaction, as each goes to many. The other verdicts go with the first. */
export function intoTransactions(verdicts: readonly Verdict[]): Verdict[][] {
  const telling = verdicts.filter(({ news }) => news);
  if (telling.length <= limits.newsPerSettling) return [[...verdicts]];
  const first = [...verdicts.filter(({ news }) => !news), ...telling.splice(0, limits.newsPerSettling)];
  const others: Verdict[][] = [];
  while (telling.length > 0) others.push(telling.splice(0, limits.newsPerSettling));
  return [first, ...others];
}

/**
 * Verdicts that a full database mostly still takes, as they insert no row. A delivery that succeeded after it had failed
 * does insert one, which is seldom, and not known here.
 */
export function withoutNewRows(verdicts: readonly Verdict[]): Verdict[] {
  return verdicts.filter(
    ({ attempt, news, effects }) => !news && !effects && (attempt === null || attempt.outcome === "delivered"),
  );
}
