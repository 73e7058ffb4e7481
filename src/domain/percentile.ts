/**
 * Percentile of a histogram, by interpolation within its class; null if it counts nothing. A value beyond the last bound counts
 * as that bound, and is truly larger.
 * @param counts number in each class, of which there is one more than bounds
 * @param bounds upper bounds of the classes, rising
 * @param share from 0 to 1
 */
export function percentile(
  counts: readonly number[],
  bounds: readonly number[],
  share: number,
): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  let rank = share * total;
  for (const [n, count] of counts.entries()) {
    const from = bounds[n - 1] ?? 0;
    const to = bounds[n] ?? from;
    if (rank <= count && count > 0) return Math.round(from + (to - from) * (rank / count));
    rank -= count;
  }
  return bounds.at(-1) ?? null;
}
